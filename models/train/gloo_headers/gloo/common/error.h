// Stands in for Gloo's header: see the README of gloo_headers.
#pragma once

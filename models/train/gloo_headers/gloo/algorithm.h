// Stands in for Gloo's header: see the README two folders up.
#pragma once

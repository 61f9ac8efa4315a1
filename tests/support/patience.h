// How long tests wait for what should come at once: only something that hangs takes so long, on any machine.
#pragma once

namespace cristae {

inline constexpr int patienceMs = 240'000;

} // namespace cristae

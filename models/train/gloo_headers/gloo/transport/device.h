// Stands in for Gloo's header: see the README of gloo_headers.
#pragma once

namespace gloo::transport {

class Device;
class UnboundBuffer {
public:
    virtual ~UnboundBuffer() = default;
};

} // namespace gloo::transport

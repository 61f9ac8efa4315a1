// SHA-256 by OpenSSL's libcrypto.
#include "core/base/hash.h"

#include "core/base/error.h"

#include <array>
#include <fmt/format.h>
#include <fstream>
#include <openssl/evp.h>
#include <vector>

namespace cristae {

struct Sha256::Context {
    EVP_MD_CTX* digest = EVP_MD_CTX_new();
    ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    EVP_DigestInit_ex(context_->digest, EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_->digest, raw.data(), &length);
    std::string hex;
    for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", raw[i]);
    return hex;
}

std::string sha256(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.finish();
}

std::string sha256OfFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(ErrorKind::input,
                    fmt::format("{} cannot be read; check that it exists and may be read.", path.string()));
    Sha256 hash;
    std::vector<char> buffer(1 << 20);
    while (file.read(buffer.data(), std::streamsize(buffer.size())) || file.gcount() > 0)
        hash.add(std::as_bytes(std::span(buffer.data(), size_t(file.gcount()))));
    return hash.finish();
}

} // namespace cristae

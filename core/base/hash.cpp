// SHA-256 by OpenSSL's libcrypto.
#include "core/base/hash.h"

#include "core/base/input_file.h"

#include <array>
#include <fmt/format.h>
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
    const InputFile file(path);
    Sha256 hash;
    std::vector<std::byte> buffer(1 << 20);
    uint64_t offset = 0;
    while (const size_t got = file.readSome(offset, buffer)) {
        hash.add(std::span(buffer).first(got));
        offset += got;
    }
    return hash.finish();
}

} // namespace cristae

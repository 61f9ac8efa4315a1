// SHA-256 by OpenSSL's libcrypto.
#include "core/base/hash.h"

#include "core/base/input_file.h"

#include <algorithm>
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

std::string sha256OfFile(const std::filesystem::path& path, const Progress& progress) {
    const InputFile file(path);
    Sha256 hash;
    std::vector<std::byte> buffer(1 << 20);
    uint64_t offset = 0;
    while (const size_t got = file.readSome(offset, buffer)) {
        progress.throwIfCancelled();
        hash.add(std::span(buffer).first(got));
        offset += got;
    }
    return hash.finish();
}

std::string sha256OfInput(const std::filesystem::path& path, const Progress& progress) {
    std::error_code failed;
    if (!std::filesystem::is_directory(path, failed)) return sha256OfFile(path, progress);
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator it(path, failed), end; !failed && it != end;
         it.increment(failed)) {
        std::error_code ignored;
        if (it->is_regular_file(ignored)) files.push_back(it->path());
    }
    if (failed) throw inputError(path, failed.message() + ". Check the folder's permissions.");
    std::ranges::sort(files);
    Sha256 all;
    for (const auto& file : files) {
        const std::string one = sha256OfFile(file, progress);
        all.add(std::as_bytes(std::span(one)));
    }
    return all.finish();
}

} // namespace cristae

// libjose, as C++ can include and own it. Its errors go nowhere: by default it prints them on
// stderr.

#ifndef CIBAD_SERVER_PROVIDER_JOSE_H_
#define CIBAD_SERVER_PROVIDER_JOSE_H_

extern "C" {
#include <jose/cfg.h>
#include <jose/jws.h>
#include <jose/openssl.h>
}

#include <cstdarg>
#include <cstdint>
#include <memory>

namespace cibad {

struct JsonDecref {
  void operator()(json_t* json) const { json_decref(json); }
};
using JanssonPtr = std::unique_ptr<json_t, JsonDecref>;

struct JoseConfigDecref {
  void operator()(jose_cfg_t* config) const { jose_cfg_decref(config); }
};
using JoseConfigPtr = std::unique_ptr<jose_cfg_t, JoseConfigDecref>;

inline JoseConfigPtr SilentJoseConfig() {
  JoseConfigPtr config(jose_cfg());
  if (config != nullptr) {
    jose_cfg_set_err_func(
        config.get(), [](void*, const char*, int, uint64_t, const char*, va_list) {}, nullptr);
  }
  return config;
}

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_JOSE_H_

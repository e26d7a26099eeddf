// A header list as strings, for matchers that know no views.

#ifndef CIBAD_TESTS_UNIT_HTTP_HEADER_LINES_H_
#define CIBAD_TESTS_UNIT_HTTP_HEADER_LINES_H_

#include <string>
#include <vector>

#include "server/http/header_list.h"

namespace cibad {

inline std::vector<std::string> Lines(const HeaderList& headers) {
  return {headers.begin(), headers.end()};
}

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_HEADER_LINES_H_

// The headers of a request or an answer, as lines: "Name: value". They lie one after the other in
// one piece of memory, since each request and each answer has ten or so, thousands of times a
// second, and a piece for each is what costs most of making them.

#ifndef CIBAD_SERVER_HTTP_HEADER_LIST_H_
#define CIBAD_SERVER_HTTP_HEADER_LIST_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

namespace cibad {

// Holds whatever it is given; whether a line may be sent is CheckRequest's to say.
class HeaderList {
 public:
  class Iterator;
  using value_type = absl::string_view;
  using const_iterator = Iterator;

  HeaderList() = default;
  // Of whole lines. Implicit, as a vector's is. NOLINTNEXTLINE(google-explicit-constructor)
  HeaderList(std::initializer_list<absl::string_view> lines) {
    for (const absl::string_view line : lines) Add({line});
  }

  // One more line, given in pieces: Add({"Authorization: Bearer ", token}). At most 4 GiB in all.
  void Add(std::initializer_list<absl::string_view> pieces);

  // The value of the last header of that name, in whatever case, without the white space around it;
  // empty where there is none. Until the list changes.
  absl::string_view Find(absl::string_view name) const;

  size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  // A line, until the list changes or moves. A NUL comes after its last character.
  absl::string_view operator[](size_t index) const {
    const size_t begin = index == 0 ? 0 : ends_[index - 1] + 1;
    return absl::string_view(text_).substr(begin, ends_[index] - begin);
  }
  Iterator begin() const;
  Iterator end() const;

  void clear() {
    text_.clear();
    ends_.clear();
  }

 private:
  static constexpr size_t kUsualHeaders = 12;

  std::string text_;                                   // the lines, a NUL after each
  absl::InlinedVector<uint32_t, kUsualHeaders> ends_;  // in text_, where the NULs are
};

class HeaderList::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = absl::string_view;
  using difference_type = ptrdiff_t;
  using pointer = const absl::string_view*;
  using reference = absl::string_view;

  Iterator(const HeaderList& list, size_t index) : list_(&list), index_(index) {}

  absl::string_view operator*() const { return (*list_)[index_]; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const HeaderList* list_;
  size_t index_;
};

inline HeaderList::Iterator HeaderList::begin() const { return {*this, 0}; }
inline HeaderList::Iterator HeaderList::end() const { return {*this, size()}; }

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_HEADER_LIST_H_

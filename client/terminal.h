// What this process's terminal can do, and unbuffered writing to it.

#ifndef CIBAD_CLIENT_TERMINAL_H_
#define CIBAD_CLIENT_TERMINAL_H_

#include "client/display.h"
#include "client/style.h"

namespace cibad {

// Whether stdout is a terminal that can move its cursor (TERM=dumb cannot).
bool StdoutIsTerminal();

// The look of stdout: COLUMNS if set, else what the terminal says, else 80 columns; colour unless
// NO_COLOR is set (no-color.org) or `no_color`; Unicode unless the locale names another character
// set.
Look StdoutLook(bool no_color);

// Writes everything before it returns. What cannot be written is lost.
Write WriteTo(int descriptor);

}  // namespace cibad

#endif  // CIBAD_CLIENT_TERMINAL_H_

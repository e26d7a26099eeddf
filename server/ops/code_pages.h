// The pages of programs and libraries that starting needed and running does not: most of what a
// hundred shared libraries have mapped once the loader and the constructors are through with them.

#ifndef CIBAD_SERVER_OPS_CODE_PAGES_H_
#define CIBAD_SERVER_OPS_CODE_PAGES_H_

namespace cibad {

// Unmaps the pages of code and constants that the process has used so far. Those that are used
// again come back by themselves, mostly from the kernel's cache of files and sixteen at a time; the
// others no longer count as the process's. Nothing that was written is touched. Breakpoints of a
// debugger are lost by it. Any thread; the others run on.
void ReleaseCodePages();

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CODE_PAGES_H_

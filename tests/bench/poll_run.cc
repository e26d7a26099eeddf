// Polls of a worker, to be run under callgrind: poll_run ROUNDS has 100 logins poll so many times.

#include <cstdio>
#include <cstdlib>

#include "tests/bench/poll_world.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  cibad::PollWorld world;
  world.AddLogins(100);
  int polls = 0;
  for (int i = 0; i < std::atoi(argv[1]); ++i) polls += world.PollAll();
  std::printf("%d\n", polls);
}

/*
 * The small native part of the isolation, one static binary:
 *
 *   hand init                            PID 1 of a sandbox (init.c)
 *   hand enter PID USER PROGRAM [ARG..]  becomes the toolbox of that sandbox (enter.c)
 *   hand keys PROGRAM [ARG..]            becomes a program, in a new session keyring
 *   hand first PROGRAM [ARG..]           the same; the OOM killer chooses it and its descendants first
 *   hand pipes FOLDER NAME..             makes named pipes
 *
 * It is written in C because a process that enters namespaces must have one thread only, and because forking a small
 * process is several times faster than forking Node. `npm run hand` builds it; `npm run check` compares the sources with
 * the checksums beside the prebuilt binaries.
 */
#include <linux/stat.h>

#include "system.h"

#include "init.c"

#include "enter.c"

static void make_pipes(char **arguments) {
  static char path[4096];
  if (!arguments[0]) give_up("usage: pipes FOLDER NAME..", 0);
  usize folder = length_of(arguments[0]);
  for (char **name = arguments + 1; *name; name++) {
    usize length = length_of(*name);
    if (folder + length + 2 > sizeof path) give_up("the name is too long", 0);
    memcpy(path, arguments[0], folder);
    path[folder] = '/';
    memcpy(path + folder + 1, *name, length + 1);
    s64 error = CALL4(mknodat, -100, path, S_IFIFO_ | 0600, 0);
    if (error < 0) give_up("making a pipe", error);
  }
}

/*
 * If a privileged process sets the score, its descendants cannot lower it: a program cannot make the kernel choose the
 * toolbox instead. Programs of an ordinary user can lower it to the value that they started with.
 */
static void go_first(void) {
  s64 file = CALL4(openat, -100, "/proc/self/oom_score_adj", 1 | O_CLOEXEC_, 0);
  if (file < 0) return;
  CALL3(write, file, "500", 3);
  CALL1(close, file);
}

static __attribute__((noreturn)) void run_with_keys(char **arguments, char **variables) {
  if (!arguments[0]) give_up("usage: keys PROGRAM [ARGUMENTS]", 0);
  s64 error = CALL5(keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL, 0, 0, 0);
  /* A kernel without keys has no keyrings to isolate; if a container forbids the call, no sandboxed process can use it. */
  if (error < 0 && error != -38 /* ENOSYS */ && error != -EPERM_) give_up("making a session keyring", error);
  give_up(arguments[0], become(arguments[0], arguments, variables));
}

__attribute__((noreturn, used)) void start(s64 *stack) {
  s64 count = stack[0];
  char **arguments = (char **)(stack + 1), **variables = arguments + count + 1;
  const char *mode = count > 1 ? arguments[1] : "";
  if (same_text(mode, "init")) run_init();
  if (same_text(mode, "enter")) run_enter(arguments + 2, variables);
  if (same_text(mode, "first")) go_first();
  if (same_text(mode, "keys") || same_text(mode, "first")) run_with_keys(arguments + 2, variables);
  if (same_text(mode, "pipes")) {
    make_pipes(arguments + 2);
    leave(0);
  }
  give_up("usage: hand init|enter|keys|first|pipes", 0);
}

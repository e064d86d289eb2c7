/*
 * PID 1 of a sandbox: starts all its processes, collects how each ended, and sends signals inside.
 *
 * Sandboxed code runs as the same user, so what protects this process is the kernel: signals from inside do not reach the
 * init of a PID namespace, and a process that is not dumpable can be neither traced nor inspected (prctl(2), ptrace(2)).
 * It holds one socket to the toolbox and one folder with the toolbox's own pipes. It never resolves a name that sandboxed
 * code can change: its children do, after they have closed everything but their own standard streams.
 *
 * For each start an intermediate process (the supervisor) is started: it stays as the subreaper of everything that the
 * started program leaves behind, so that a daemon that empties its environment and forks twice still has an ancestor
 * that shows which start it belongs to. See ARCHITECTURE.md, "The boundary", and lib/engine/toolbox/hand/protocol.ts
 * for the frames.
 */

enum { OP_START = 1, OP_OPEN_QUESTIONS = 2 };
enum { ASK_SIGNAL = 1, ASK_CALL = 2, ASK_SUPERVISORS = 3, ASK_END_CHILDREN = 4 };
enum { UNKNOWN_STATUS = -1 };
enum { NONE_LEFT = 0, SOME_LEFT = 1, NOT_LISTED = 2 };
enum { SAY_STARTED = 1, SAY_FAILED = 2, SAY_EXITED = 3, SAY_GONE = 4, SAY_FORKED = 5, SAY_OPENED = 6 };
enum { TOLD_PROGRAM = 100 }; /* from a child to this process only: the pid that the program is going to have */
enum { AT_STREAM = 1, AT_FORK = 2, AT_TERMINAL = 3, AT_FOLDER = 4, AT_PROGRAM = 5, AT_KILLED = 6 };
enum { TO_NOTHING = 0, TO_PIPE_END_READ = 1, TO_PIPE_END_WRITE = 2, TO_FILE = 3, TO_SOCKET = 4, TO_TERMINAL = 5 };

enum {
  CONTROL = 3,
  ALIVE = 4, /* held open, so that the network helper notices when this process ends */
  FIRST_OWN = 512, /* descriptors of this process are moved above those of a child */
  MAX_STREAMS = 8,
  MAX_FRAME = 16 * 1024 * 1024,
  MAX_STARTS = 65536,
};

#define O_CLOEXEC_ 02000000
#define O_NONBLOCK_ 04000
#define O_NOCTTY_ 0400
#if defined(__aarch64__)
#define O_NOFOLLOW_ 0100000
#else
#define O_NOFOLLOW_ 0400000
#endif
#define S_IFMT_ 0170000
#define S_IFIFO_ 0010000
#define S_IFREG_ 0100000
#define EAGAIN_ 11
#define EINTR_ 4
#define ENOENT_ 2
#define EACCES_ 13
#define ENOTDIR_ 20
#define EINVAL_ 22
#define E2BIG_ 7
#define SIGCHLD_ 17
#define SIGCONT_ 18
#define WNOHANG_ 1
#define WUNTRACED_ 2

struct start {
  u32 id;
  s64 reaper; /* 0 once it was killed before the program ended */
  s64 program; /* 0 if not known yet */
  u8 is_started; /* its start was reported */
  u8 is_over; /* its exit was reported, or it never started */
};

static struct start starts[MAX_STARTS];
static u32 start_count;

static int pipes_folder = -1; /* the toolbox's pipes, a folder that has no name in the sandbox */
static int preference = -1;   /* /proc/self/oom_score_adj, opened while this process may */
static int told[2];           /* messages of the supervisors: struct word */
static int child_signals;
static int questions = -1; /* questions for whose replies the toolbox waits, and the replies */
static int answers = -1;

/* What the toolbox has not read yet: this process must never wait for the toolbox. */
static u8 *unsent;
static usize unsent_size, unsent_room;

struct word {
  u32 id;
  u32 kind;
  int a;
  int b;
};

/* ---- frames to the toolbox ---- */

static void *grow(void *place, usize old_size, usize size) {
  s64 result = place ? CALL5(mremap, place, old_size, size, 1 /* MREMAP_MAYMOVE */, 0)
                     : CALL6(mmap, 0, size, 3, 0x22 /* private, anonymous */, -1, 0);
  if (result < 0 && result > -4096) give_up("taking memory", result);
  return (void *)result;
}

/* Send without waiting; returns how many bytes were sent. */
static usize send_now(const u8 *bytes, usize count) {
  usize sent = 0;
  while (sent < count) {
    s64 result = CALL6(sendto, CONTROL, bytes + sent, count - sent, 0x4040 /* MSG_DONTWAIT | MSG_NOSIGNAL */, 0, 0);
    if (result == -EINTR_) continue;
    if (result == -EAGAIN_) break;
    /* Without the toolbox this process has no purpose. When it exits, the sandbox ends. */
    if (result < 0) leave(0);
    sent += (usize)result;
  }
  return sent;
}

static void send_unsent(void) {
  usize sent = send_now(unsent, unsent_size);
  memmove(unsent, unsent + sent, unsent_size - sent);
  unsent_size -= sent;
}

static void say(u32 id, u8 kind, const void *body, u32 size) {
  u8 frame[64];
  u32 length = 4 + 1 + size;
  memcpy(frame, &length, 4);
  memcpy(frame + 4, &id, 4);
  frame[8] = kind;
  memcpy(frame + 9, body, size);
  usize count = 9 + size, sent = unsent_size > 0 ? 0 : send_now(frame, count);
  if (sent == count) return;
  if (unsent_size + count > unsent_room) {
    usize larger = unsent_room ? 2 * unsent_room : 64 * 1024;
    unsent = grow(unsent, unsent_room, larger);
    unsent_room = larger;
  }
  memcpy(unsent + unsent_size, frame + sent, count - sent);
  unsent_size += count - sent;
}

static void say_failed(u32 id, int stage, int error) {
  int body[2] = {stage, error};
  say(id, SAY_FAILED, body, sizeof body);
}

/* ---- frames from the toolbox ---- */

struct cursor {
  const u8 *at;
  const u8 *end;
};

static u32 take_number(struct cursor *cursor) {
  u32 value;
  if (cursor->end - cursor->at < 4) give_up("a frame that is too short", 0);
  memcpy(&value, cursor->at, 4);
  cursor->at += 4;
  return value;
}

/* A text is its length, then its bytes with a final NUL. */
static const char *take_text(struct cursor *cursor) {
  u32 size = take_number(cursor);
  const u8 *text = cursor->at;
  if (size == 0 || (usize)(cursor->end - text) < size || text[size - 1] != 0) give_up("a text without an end", 0);
  cursor->at += size;
  return (const char *)text;
}

/* ---- starting ---- */

struct order {
  u32 id;
  int preference;
  u32 stream_count;
  int streams[MAX_STREAMS];
  u32 targets[MAX_STREAMS]; /* ascending */
  const char *terminal;
  const char *folder;
  const char *file;
  u32 argument_count;
  struct cursor arguments;
  u32 variable_count;
  struct cursor variables;
};

static s64 fork_now(void) { return CALL5(clone, SIGCHLD_, 0, 0, 0, 0); }

static void close_between(u32 first, u32 last) {
  if (first > last || CALL3(close_range, first, last, 0) == 0) return;
  /* A kernel before 5.9. All open descriptors are far below this limit. */
  for (u32 fd = first; fd <= last && fd < 4096; fd++) CALL1(close, fd);
}

static void close_from(u32 first) { close_between(first, ~0U); }

/* Names in the folder of pipes are short and plain, whoever sends them. */
static int is_plain_name(const char *name) {
  usize length = length_of(name);
  if (length == 0 || length > 40) return 0;
  for (; *name; name++) {
    char c = *name;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-')) return 0;
  }
  return 1;
}

static s64 connect_to(const char *name) {
  struct {
    u16 family;
    char path[108];
  } address = {1 /* AF_UNIX */, {0}};
  char *at = address.path;
  const char *prefix = "/proc/self/fd/";
  memcpy(at, prefix, length_of(prefix));
  at = decimal((u64)pipes_folder, at + length_of(prefix));
  *at++ = '/';
  memcpy(at, name, length_of(name));
  s64 fd = CALL3(socket, 1, 1 /* SOCK_STREAM */ | O_CLOEXEC_, 0);
  if (fd < 0) return fd;
  s64 error = CALL3(connect, fd, &address, sizeof address);
  if (error < 0) {
    CALL1(close, fd);
    return error;
  }
  return fd;
}

/* One standard stream of a child, opened by its name among the toolbox's pipes and checked for its kind. */
static s64 open_stream(u32 kind, const char *name) {
  struct statx stat;
  s64 fd;
  if (kind == TO_NOTHING || kind == TO_TERMINAL) {
    fd = CALL4(openat, -100, "/dev/null", 2 | O_CLOEXEC_, 0);
  } else if (!is_plain_name(name)) {
    return -EINVAL_;
  } else if (kind == TO_SOCKET) {
    fd = connect_to(name);
  } else {
    int is_write = kind == TO_PIPE_END_WRITE;
    fd = CALL4(openat, pipes_folder, name, (is_write ? 1 : 0) | O_CLOEXEC_ | O_NOFOLLOW_ | O_NONBLOCK_, 0);
    if (fd >= 0) {
      s64 error = CALL5(statx, fd, "", 0x1000 /* AT_EMPTY_PATH */, 3 /* type and mode */, &stat);
      u32 wanted = kind == TO_FILE ? S_IFREG_ : S_IFIFO_;
      if (error == 0 && (stat.stx_mode & S_IFMT_) != wanted) error = -EINVAL_;
      /* A program does not expect its streams to be non-blocking; the toolbox holds the other end open. */
      if (error == 0) error = CALL3(fcntl, fd, 4 /* F_SETFL */, is_write ? 1 : 0);
      if (error < 0) {
        CALL1(close, fd);
        return error;
      }
    }
  }
  if (fd < 0) return fd;
  s64 moved = CALL3(fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */, FIRST_OWN);
  CALL1(close, fd);
  return moved;
}

static __attribute__((noreturn)) void fail_child(int report, int stage, s64 error) {
  int body[2] = {stage, (int)-error};
  write_all(report, body, sizeof body);
  leave(127);
}

static void set_default_signals(void) {
  u64 none = 0;
  struct {
    u64 handler, flags, restorer, mask;
  } action = {0, 0, 0, 0};
  for (int signal = 1; signal <= 64; signal++) CALL4(rt_sigaction, signal, &action, NULL, 8);
  CALL4(rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL, 8);
}

static const char *variable(char *const *variables, const char *name) {
  usize length = length_of(name);
  for (; *variables; variables++) {
    const char *text = *variables;
    usize i = 0;
    while (i < length && text[i] == name[i]) i++;
    if (i == length && text[i] == '=') return text + i + 1;
  }
  return NULL;
}

/* As execvp: a name without a slash is looked up in the child's own PATH. Returns the error. */
static s64 become(const char *file, char *const *arguments, char *const *variables) {
  static char path[4096 + 256];
  const char *search = variable(variables, "PATH");
  s64 refused = 0;
  for (const char *at = file; *at; at++) {
    if (*at == '/') return CALL3(execve, file, arguments, variables);
  }
  if (*file == 0) return -ENOENT_;
  for (const char *begin = search ? search : "/usr/bin:/bin";;) {
    const char *end = begin;
    while (*end && *end != ':') end++;
    usize folder = (usize)(end - begin), name = length_of(file);
    if (folder + name + 2 < sizeof path) {
      memcpy(path, begin, folder);
      usize at = folder;
      if (folder > 0) path[at++] = '/';
      memcpy(path + at, file, name + 1);
      s64 error = CALL3(execve, path, arguments, variables);
      if (error == -EACCES_) refused = error;
      else if (error != -ENOENT_ && error != -ENOTDIR_) return error;
    }
    if (!*end) break;
    begin = end + 1;
  }
  return refused ? refused : -ENOENT_;
}

static void tell(int to, u32 id, u32 kind, int a, int b) {
  struct word word = {id, kind, a, b};
  write_all(to, &word, sizeof word);
}

/* The process that becomes the program. Once descriptors are closed it holds only its own streams. */
static __attribute__((noreturn)) void run_program(struct order *order, int report) {
  u32 next = 0;
  /* Before any code of the sandbox runs, since that may kill the supervisor before it has reported the start. */
  tell(told[1], order->id, TOLD_PROGRAM, (int)CALL0(getpid), 0);
  CALL0(setsid);
  for (u32 i = 0; i < order->stream_count; i++) {
    u32 target = order->targets[i];
    if (next < target) close_between(next, target - 1);
    s64 error = CALL3(dup3, order->streams[i], target, 0);
    if (error < 0) fail_child(report, AT_STREAM, error);
    next = target + 1;
  }
  s64 error = CALL3(dup3, report, next, O_CLOEXEC_);
  if (error < 0) fail_child(report, AT_STREAM, error);
  report = (int)next;
  close_from(next + 1);
  set_default_signals();

  if (order->terminal) {
    s64 terminal = CALL4(openat, -100, order->terminal, 2 | O_NOFOLLOW_, 0);
    if (terminal < 0) fail_child(report, AT_TERMINAL, terminal);
    error = CALL3(ioctl, terminal, 0x540e /* TIOCSCTTY */, 0);
    if (error < 0) fail_child(report, AT_TERMINAL, error);
    for (int i = 0; i < 3; i++) CALL3(dup3, terminal, i, 0);
    CALL1(close, terminal);
  }
  error = CALL1(chdir, order->folder);
  if (error < 0) fail_child(report, AT_FOLDER, error);

  usize size = ((usize)order->argument_count + order->variable_count + 2) * sizeof(char *);
  s64 place = CALL6(mmap, 0, size, 3, 0x22 /* private, anonymous */, -1, 0);
  if (place < 0 && place > -4096) fail_child(report, AT_PROGRAM, place);
  const char **arguments = (const char **)place;
  const char **variables = arguments + order->argument_count + 1;
  for (u32 i = 0; i < order->argument_count; i++) arguments[i] = take_text(&order->arguments);
  for (u32 i = 0; i < order->variable_count; i++) variables[i] = take_text(&order->variables);
  fail_child(report, AT_PROGRAM, become(order->file, (char *const *)arguments, (char *const *)variables));
}

enum { P_ALL_ = 0, P_PID_ = 1 };

/*
 * Look at a child that has ended or stopped, without reaping it. Returns its pid, 0 where there is none with WNOHANG, or
 * the error; the status is as wait4 gives it.
 */
static s64 wait_for(int kind, s64 id, int *status, int options) {
  struct {
    int signal, error, code, padding;
    int pid, user, status, more[25];
  } info = {0};
  s64 error = CALL5(waitid, kind, id, &info, options | 4 /* WEXITED */ | 0x01000000 /* WNOWAIT */, NULL);
  if (error < 0) return error;
  if (info.code == 1 /* CLD_EXITED */) *status = (info.status & 0xff) << 8;
  else if (info.code <= 3 /* CLD_KILLED, CLD_DUMPED */) *status = info.status & 0x7f;
  else *status = 0x7f | (info.status & 0xff) << 8;
  return info.pid;
}

/* The supervisor: the subreaper of what the program leaves behind. It exits when no process of the program is left. */
static __attribute__((noreturn)) void supervise(struct order *order) {
  enum { TELL = 3, REPORT = 4 };
  int report[2];
  u32 id = order->id;
  CALL5(prctl, 36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0);
  CALL5(prctl, 15 /* PR_SET_NAME */, "sandglass-wait", 0, 0, 0);
  s64 error = CALL2(pipe2, report, O_CLOEXEC_);
  s64 high[2] = {-1, -1};
  for (int i = 0; error == 0 && i < 2; i++) {
    high[i] = CALL3(fcntl, report[i], 1030, FIRST_OWN);
    CALL1(close, report[i]);
    if (high[i] < 0) error = high[i];
  }
  s64 program = error < 0 ? error : fork_now();
  if (program == 0) run_program(order, (int)high[1]);
  if (program < 0) {
    tell(told[1], id, SAY_FAILED, AT_FORK, (int)-program);
    leave(0);
  }
  CALL3(dup3, told[1], TELL, O_CLOEXEC_);
  CALL3(dup3, high[0], REPORT, O_CLOEXEC_);
  close_from(REPORT + 1);

  int failure[2] = {0, 0};
  s64 got;
  do got = CALL3(read, REPORT, failure, sizeof failure);
  while (got == -EINTR_);
  CALL1(close, REPORT);
  int is_started = got == 0;
  if (is_started) tell(TELL, id, SAY_STARTED, (int)program, (int)CALL0(getpid));
  else tell(TELL, id, SAY_FAILED, got == sizeof failure ? failure[0] : AT_KILLED, failure[1]);

  for (;;) {
    int status = 0;
    s64 ended = wait_for(P_ALL_, 0, &status, 0);
    if (ended == -EINTR_) continue;
    if (ended < 0) leave(0);
    /* Report first and reap then: whoever kills this process in between loses no exit status. */
    int is_stopped = (status & 0xff) == 0x7f;
    if (ended == program && is_started && !is_stopped) tell(TELL, id, SAY_EXITED, status, 0);
    CALL4(wait4, ended, &status, WNOHANG_, NULL);
    /* A program that asked to be traced by its parent has stopped, not ended. Let it continue with its signal. */
    if (is_stopped) CALL4(ptrace, 17 /* PTRACE_DETACH */, ended, 0, (status >> 8) & 0x7f);
  }
}

/* The initial score of a privileged engine's programs cannot be lowered inside; then this changes nothing. */
static void prefer(int value) {
  char text[22];
  char *end = text;
  if (preference < 0 || value < 0) return;
  end = decimal((u64)value, end);
  CALL4(pwrite64, preference, text, (usize)(end - text), 0);
}

static void start_program(struct cursor frame, u32 id) {
  struct order order = {.id = id};
  s64 error = 0;
  order.preference = (int)take_number(&frame);
  u32 count = take_number(&frame);
  if (count > MAX_STREAMS) give_up("too many streams", 0);
  for (; order.stream_count < count; order.stream_count++) {
    u32 target = take_number(&frame), kind = take_number(&frame);
    const char *name = take_text(&frame);
    u32 least = order.stream_count ? order.targets[order.stream_count - 1] + 1 : 0;
    if (target < least || target >= FIRST_OWN - 1) give_up("streams that are not in order", 0);
    order.targets[order.stream_count] = target;
    if (kind == TO_TERMINAL) order.terminal = name;
    s64 fd = error < 0 ? -1 : open_stream(kind, name);
    if (fd < 0 && error == 0) error = fd;
    order.streams[order.stream_count] = (int)fd;
  }
  order.folder = take_text(&frame);
  order.file = take_text(&frame);
  order.argument_count = take_number(&frame);
  order.arguments = frame;
  for (u32 i = 0; i < order.argument_count; i++) take_text(&frame);
  order.variable_count = take_number(&frame);
  order.variables = frame;
  for (u32 i = 0; i < order.variable_count; i++) take_text(&frame);

  if (error < 0) {
    say_failed(id, AT_STREAM, (int)-error);
  } else if (start_count == MAX_STARTS) {
    say_failed(id, AT_FORK, EAGAIN_);
  } else {
    /* A process inherits the OOM score of its parent. */
    prefer(order.preference);
    s64 reaper = fork_now();
    if (reaper == 0) supervise(&order);
    prefer(0);
    if (reaper < 0) {
      say_failed(id, AT_FORK, (int)-reaper);
    } else {
      int pid = (int)reaper;
      starts[start_count++] = (struct start){.id = id, .reaper = reaper};
      say(id, SAY_FORKED, &pid, sizeof pid);
    }
  }
  for (u32 i = 0; i < count; i++) {
    if (order.streams[i] >= 0) CALL1(close, order.streams[i]);
  }
}

/* ---- questions ---- */

static void reap(void);


static void read_all(int fd, void *bytes, usize count) {
  u8 *at = bytes;
  while (count > 0) {
    s64 got = CALL3(read, fd, at, count);
    if (got == -EINTR_) continue;
    if (got <= 0) leave(0);
    at += got;
    count -= (usize)got;
  }
}

static void answer(const void *bytes, u32 size) {
  if (write_all(answers, &size, 4) < 0 || write_all(answers, bytes, size) < 0) leave(0);
}

/* Negative numbers are process groups. The reply has 1 for each pid that got the signal. */
static void send_signals(struct cursor frame) {
  static u8 delivered[4096];
  int signal = (int)take_number(&frame);
  u32 count = take_number(&frame);
  if (count > sizeof delivered) give_up("too many pids", 0);
  for (u32 i = 0; i < count; i++) {
    int pid = (int)take_number(&frame);
    /* Neither "all" (-1), nor this process's own group (0), nor this process. */
    int is_own = pid == 0 || pid == 1 || pid == -1;
    delivered[i] = !is_own && CALL2(kill, pid, signal) == 0;
  }
  answer(delivered, count);
}

/*
 * The system call that a thread sleeps in. The toolbox may not read it where Yama restricts that to ancestors, and every
 * process of the sandbox descends from this one.
 */
static void tell_call(struct cursor frame) {
  char path[96] = "/proc/", text[256];
  char *at = decimal(take_number(&frame), path + 6);
  memcpy(at, "/task/", 6);
  at = decimal(take_number(&frame), at + 6);
  memcpy(at, "/syscall", 9);
  s64 fd = CALL4(openat, -100, path, O_CLOEXEC_, 0), got = -1;
  if (fd >= 0) {
    got = CALL3(read, fd, text, sizeof text);
    CALL1(close, fd);
  }
  answer(text, got > 0 ? (u32)got : 0);
}

static void tell_supervisors(void) {
  static int pids[MAX_STARTS];
  u32 count = 0;
  for (u32 i = 0; i < start_count; i++) {
    if (starts[i].reaper) pids[count++] = (int)starts[i].reaper;
  }
  answer(pids, count * sizeof pids[0]);
}

static int is_supervisor(int pid) {
  for (u32 i = 0; i < start_count; i++) {
    if (starts[i].reaper == pid) return 1;
  }
  return 0;
}

/* Kill the children of a supervisor, or those of this process that are not supervisors. Returns how many were listed. */
static s64 kill_children(u32 parent) {
  static char list[64 * 1024];
  char path[64] = "/proc/";
  char *at = decimal(parent, path + 6);
  memcpy(at, "/task/", 6);
  at = decimal(parent, at + 6);
  memcpy(at, "/children", 10);
  s64 fd = CALL4(openat, -100, path, O_CLOEXEC_, 0);
  if (fd < 0) return fd;
  /* One read is one consistent part of the list; what does not fit comes in the next round. */
  s64 got = CALL3(read, fd, list, sizeof list);
  CALL1(close, fd);
  s64 count = 0;
  int pid = 0;
  for (s64 i = 0; i < got; i++) {
    if (list[i] >= '0' && list[i] <= '9') {
      pid = 10 * pid + (list[i] - '0');
      continue;
    }
    if (pid > 1 && !(parent == 1 && is_supervisor(pid))) {
      CALL2(kill, pid, 9);
      count++;
    }
    pid = 0;
  }
  return count;
}

/*
 * End everything below a supervisor. Whatever a killed process leaves behind becomes a child of the supervisor, so
 * killing its children again and again reaches all. Done here because it must be faster than a program that forks and
 * exits without pause: a round takes a few microseconds, a fork takes tens of them.
 */
static void end_children(struct cursor frame) {
  enum { ROUND_NS = 20 * 1000 * 1000 };
  u32 parent = take_number(&frame);
  s64 begin[2], now[2], left = 0;
  u8 result;
  CALL2(clock_gettime, 1 /* CLOCK_MONOTONIC */, begin);
  for (;;) {
    if (parent != 1 && !is_supervisor((int)parent)) break;
    left = kill_children(parent);
    if (left <= 0) break;
    CALL0(sched_yield);
    reap();
    CALL2(clock_gettime, 1, now);
    if ((now[0] - begin[0]) * 1000000000 + now[1] - begin[1] > ROUND_NS) break;
  }
  if (left > 0) result = SOME_LEFT;
  else if (left < 0 && (parent == 1 || is_supervisor((int)parent))) result = NOT_LISTED;
  else result = NONE_LEFT;
  answer(&result, 1);
}

static void answer_question(void) {
  static u8 frame[32 * 1024];
  u32 length;
  read_all(questions, &length, 4);
  if (length > sizeof frame) give_up("a question that is too long", 0);
  read_all(questions, frame, length);
  struct cursor cursor = {frame, frame + length};
  u32 kind = take_number(&cursor);
  if (kind == ASK_SIGNAL) send_signals(cursor);
  else if (kind == ASK_CALL) tell_call(cursor);
  else if (kind == ASK_SUPERVISORS) tell_supervisors();
  else if (kind == ASK_END_CHILDREN) end_children(cursor);
  else give_up("an unknown question", 0);
}

/* The toolbox makes both pipes; a question and its answer are written whole, so reading never waits for long. */
static void open_questions(struct cursor frame, u32 id) {
  s64 ask = open_stream(TO_PIPE_END_READ, take_text(&frame));
  s64 reply = open_stream(TO_PIPE_END_WRITE, take_text(&frame));
  if (ask < 0 || reply < 0) give_up("opening the pipes for questions", ask < 0 ? ask : reply);
  questions = (int)ask;
  answers = (int)reply;
  say(id, SAY_OPENED, NULL, 0);
}

static void obey(const u8 *frame, u32 length) {
  struct cursor cursor = {frame, frame + length};
  u32 id = take_number(&cursor), op = take_number(&cursor);
  if (op == OP_START) start_program(cursor, id);
  else if (op == OP_OPEN_QUESTIONS) open_questions(cursor, id);
  else give_up("an unknown request", 0);
}

/* ---- endings ---- */

static struct start *start_of(u32 id) {
  for (u32 i = 0; i < start_count; i++) {
    if (starts[i].id == id) return &starts[i];
  }
  return NULL;
}

static void forget(struct start *start) { *start = starts[--start_count]; }

static void hear(const struct word *word) {
  struct start *start = start_of(word->id);
  int body[2] = {word->a, word->b};
  if (!start || start->is_over) return;
  if (word->kind == TOLD_PROGRAM) {
    start->program = word->a;
    return;
  }
  if (word->kind == SAY_STARTED) start->is_started = 1;
  else start->is_over = 1;
  say(word->id, (u8)word->kind, body, sizeof body);
}

static void hear_all(void) {
  struct word words[64];
  for (;;) {
    s64 got = CALL3(read, told[0], words, sizeof words);
    if (got <= 0) return;
    for (usize i = 0; i < (usize)got / sizeof words[0]; i++) hear(&words[i]);
  }
}

/* A supervisor that was killed has not reported the start. */
static void say_started(struct start *start) {
  int body[2] = {(int)start->program, (int)start->reaper};
  if (start->is_started) return;
  start->is_started = 1;
  say(start->id, SAY_STARTED, body, sizeof body);
}

static void say_exited(struct start *start, int status) {
  int body[2] = {status, 0};
  start->is_over = 1;
  say(start->id, SAY_EXITED, body, sizeof body);
}

static void process_ended(s64 pid, int status) {
  /* Read the messages a supervisor sent before it exited. */
  hear_all();
  for (u32 i = 0; i < start_count; i++) {
    struct start *start = &starts[i];
    if (start->reaper == pid) {
      int is_clean = status == 0;
      if (!start->is_over && start->program == 0) {
        start->is_over = 1;
        say_failed(start->id, AT_KILLED, 0);
      }
      if (!start->is_over) say_started(start);
      start->reaper = 0;
      say(start->id, SAY_GONE, &is_clean, sizeof is_clean);
      /* A program that has been reaped unreported will not be seen here, and its pid will be another's. */
      if (!start->is_over && wait_for(P_PID_, start->program, &status, WNOHANG_) < 0) say_exited(start, UNKNOWN_STATUS);
      /* The program has become a child of this process, which sees its end. */
      if (start->is_over) forget(start);
      return;
    }
    /* A child of this process, so its supervisor has died, although that may be reaped after it. */
    if (start->program == pid && !start->is_over) {
      say_started(start);
      say_exited(start, status);
      if (start->reaper == 0) forget(start);
      return;
    }
  }
}

static void process_stopped(s64 pid) {
  for (u32 i = 0; i < start_count; i++) {
    if (starts[i].reaper == pid) CALL2(kill, pid, SIGCONT_);
  }
}

static void reap(void) {
  u8 read_away[128 * 8];
  CALL3(read, child_signals, read_away, sizeof read_away);
  for (;;) {
    int status = 0;
    s64 pid = CALL4(wait4, -1, &status, WNOHANG_ | WUNTRACED_, NULL);
    if (pid <= 0) return;
    if ((status & 0xff) == 0x7f) process_stopped(pid);
    else process_ended(pid, status);
  }
}

/* ---- the loop ---- */

/* The first message of the toolbox's side carries the folder of its pipes. */
static void receive_folder(void) {
  u8 byte;
  struct {
    u64 length;
    int level, type;
    int fd, padding;
  } control = {0};
  struct {
    void *base;
    usize length;
  } vector = {&byte, 1};
  struct {
    void *name;
    u32 name_length, padding;
    void *vector;
    usize vector_count;
    void *control;
    usize control_length;
    int flags, more_padding;
  } message = {NULL, 0, 0, &vector, 1, &control, sizeof control, 0, 0};
  s64 got;
  do got = CALL3(recvmsg, CONTROL, &message, 0x40000000 /* MSG_CMSG_CLOEXEC */);
  while (got == -EINTR_);
  if (got == 0) leave(0);
  if (got < 0 || control.level != 1 || control.type != 1) give_up("the folder of pipes did not come", got);
  s64 moved = CALL3(fcntl, control.fd, 1030, FIRST_OWN);
  if (moved < 0) give_up("keeping the folder of pipes", moved);
  CALL1(close, control.fd);
  pipes_folder = (int)moved;
}

static int moved_up(s64 fd, const char *what) {
  s64 moved = fd < 0 ? fd : CALL3(fcntl, fd, 1030, FIRST_OWN);
  if (moved < 0) give_up(what, moved);
  CALL1(close, fd);
  return (int)moved;
}

static __attribute__((noreturn)) void run_init(void) {
  u64 all = ~0UL, children = 1UL << (SIGCHLD_ - 1);
  usize room = 64 * 1024, filled = 0;

  preference = (int)CALL4(openat, -100, "/proc/self/oom_score_adj", 2 | O_CLOEXEC_, 0);
  if (preference >= 0) preference = moved_up(preference, "keeping the preference");
  CALL5(prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0);
  CALL5(prctl, 15, "sandglass-init", 0, 0, 0);
  CALL5(prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
  CALL4(rt_sigprocmask, 2, &all, NULL, 8);
  s64 nothing = CALL4(openat, -100, "/dev/null", 2, 0);
  if (nothing < 0) give_up("opening /dev/null", nothing);
  for (int i = 0; i < 3; i++) CALL3(dup3, nothing, i, 0);
  if (nothing > 2) CALL1(close, nothing);
  /* Close every other inherited descriptor, between these two and the descriptors opened here and above those. */
  for (int fd = ALIVE + 1; fd < FIRST_OWN; fd++) CALL1(close, fd);
  CALL3(fcntl, ALIVE, 2, 1);
  close_from(preference >= 0 ? (u32)preference + 1 : FIRST_OWN);
  CALL3(fcntl, CONTROL, 2 /* F_SETFD */, 1);

  s64 error = CALL2(pipe2, told, O_CLOEXEC_);
  if (error < 0) give_up("making a pipe", error);
  for (int i = 0; i < 2; i++) told[i] = moved_up(told[i], "making a pipe");
  CALL3(fcntl, told[0], 4, O_NONBLOCK_);
  child_signals = moved_up(CALL4(signalfd4, -1, &children, 8, O_CLOEXEC_ | O_NONBLOCK_), "watching children");
  /* All mounts and namespaces are there by now, which the engine waits for. */
  u8 ready = 0;
  if (write_all(CONTROL, &ready, 1) < 0) leave(0);
  receive_folder();

  u8 *frames = grow(NULL, 0, room);
  for (;;) {
    struct {
      int fd;
      u16 events, seen;
    } polled[4] = {{CONTROL, unsent_size ? 1 | 4 : 1, 0}, {told[0], 1, 0}, {child_signals, 1, 0}, {questions, 1, 0}};
    s64 ready = CALL5(ppoll, polled, 4, NULL, NULL, 8);
    if (ready < 0 && ready != -EINTR_) give_up("waiting", ready);
    if (polled[1].seen) hear_all();
    if (polled[2].seen) reap();
    if (polled[3].seen) answer_question();
    if (unsent_size > 0 && (polled[0].seen & 4)) send_unsent();
    if (!(polled[0].seen & ~4)) continue;

    s64 got = CALL3(read, CONTROL, frames + filled, room - filled);
    if (got == -EINTR_) continue;
    if (got <= 0) leave(0);
    filled += (usize)got;
    usize used = 0;
    u32 length = 0;
    while (filled - used >= 4) {
      memcpy(&length, frames + used, 4);
      if (length > MAX_FRAME) give_up("a frame that is too long", 0);
      if (filled - used < 4 + (usize)length) break;
      obey(frames + used + 4, length);
      used += 4 + (usize)length;
      length = 0;
    }
    memmove(frames, frames + used, filled - used);
    filled -= used;
    if (4 + (usize)length > room) {
      usize larger = (4 + (usize)length + 4095) & ~4095UL;
      frames = grow(frames, room, larger);
      room = larger;
    }
  }
}

/*
 * Enters the namespaces of a sandbox from outside, all but its PID namespace, and becomes the toolbox.
 *
 * A process outside the PID namespace has no entry in the /proc of the sandbox: nothing inside can name, signal, stop or
 * trace it, and /proc/self leads nowhere for it, so that no link can be followed through its descriptors. Its names are
 * resolved as those of the sandbox. The state folder becomes its working directory on a mount that is covered, in a copy
 * of the mount namespace that no other process has: no path leads there, and `..` leads out of it to the sandbox's own /run.
 */

/* The same names as in ../bubblewrap-arguments.ts. */
#define KEEPER "/run/keeper"
#define SCRATCH "/run/sandglass"

enum { MS_RDONLY_ = 1, MS_NOSUID_ = 2, MS_NODEV_ = 4, MS_NOEXEC_ = 8, MS_REMOUNT_ = 32, MS_BIND_ = 4096 };
enum { MS_REC_ = 16384, MS_PRIVATE_ = 1 << 18 };
#define CLONE_NEWNS_ 0x00020000
#define CLONE_NEWUSER_ 0x10000000
#define NS_GET_USERNS_ 0xb701
#define EPERM_ 1
#define EEXIST_ 17

static void must(s64 result, const char *what) {
  if (result < 0) give_up(what, result);
}

static s64 open_namespace(const char *pid, const char *name) {
  char path[64] = "/proc/";
  usize at = 6, length = length_of(pid);
  if (length > 20) give_up("the pid is not a number", 0);
  memcpy(path + at, pid, length);
  at += length;
  memcpy(path + at, "/ns/", 4);
  memcpy(path + at + 4, name, length_of(name) + 1);
  return CALL4(openat, -100, path, 02000000, 0);
}

static u64 inode_of(s64 fd) {
  struct statx stat;
  must(CALL5(statx, fd, "", 0x1000, 0x100 /* STATX_INO */, &stat), "looking at a namespace");
  return stat.stx_ino;
}

/* Open them first, while /proc/self still resolves. */
struct namespaces {
  s64 user, net, ipc, uts, mount;
};

static u64 current_user;

static void enter_user(s64 fd) {
  u64 inode = inode_of(fd);
  if (inode == current_user) return;
  must(CALL2(setns, fd, CLONE_NEWUSER_), "entering a user namespace");
  current_user = inode;
}

static void enter_owner(s64 fd) {
  s64 owner = CALL2(ioctl, fd, NS_GET_USERNS_);
  must(owner, "finding the owner of a namespace");
  enter_user(owner);
  CALL1(close, owner);
}

/* With current privileges, else as the namespace owner. */
static void enter(s64 fd, u64 own, const char *what) {
  if (inode_of(fd) == own) return;
  s64 error = CALL2(setns, fd, 0);
  if (error == -EPERM_) {
    enter_owner(fd);
    error = CALL2(setns, fd, 0);
  }
  must(error, what);
}

static s64 mount_at(const char *source, const char *target, const char *type, u64 flags, const char *options) {
  return CALL5(mount, source, target, type, flags, options);
}

static void make_folder(const char *name) {
  s64 error = CALL3(mkdirat, -100, name, 0700);
  if (error != -EEXIST_) must(error, "making a folder");
}

/* Uncover the state folder, make it the working directory with the pipes and the scratch folder in it, cover it again. */
static s64 take_state(void) {
  must(CALL1(unshare, CLONE_NEWNS_), "copying the mounts");
  must(mount_at("none", "/", NULL, MS_REC_ | MS_PRIVATE_, NULL), "keeping the mounts private");
  must(CALL2(umount2, KEEPER, 2 /* MNT_DETACH */), "uncovering the state folder");
  must(CALL1(chdir, KEEPER), "entering the state folder");
  make_folder("scratch");
  make_folder("pipes");
  must(mount_at(SCRATCH, "scratch", NULL, MS_BIND_, NULL), "mounting the scratch folder");
  must(mount_at("none", "scratch", NULL, MS_REMOUNT_ | MS_BIND_ | MS_NOSUID_ | MS_NODEV_, NULL),
       "making the scratch folder writable");
  must(mount_at("pipes", "pipes", "tmpfs", MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, "mode=0700,size=64m"),
       "mounting the folder of pipes");
  must(mount_at("cover", KEEPER, "tmpfs", MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, "mode=0,size=4k"),
       "covering the state folder");
  must(mount_at("none", KEEPER, NULL, MS_REMOUNT_ | MS_BIND_ | MS_RDONLY_ | MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, NULL),
       "covering the state folder");
  /* The kernel counts the terminals of all sandboxes together, so each sandbox has a limit, above its default limit of PTYs. */
  must(mount_at("devpts", "/dev/pts", "devpts", MS_REMOUNT_ | MS_NOSUID_ | MS_NOEXEC_, "max=256,mode=620,ptmxmode=666"),
       "limiting the terminals");
  /* A copy of that mount on its own, from which `..` leads nowhere. Linux 5.2 and later. */
  s64 folder = CALL3(open_tree, -100, "pipes", 1 /* OPEN_TREE_CLONE */ | 02000000);
  must(folder, "copying the folder of pipes");
  return folder;
}

static void send_folder(s64 folder) {
  u8 byte = 0;
  struct {
    u64 length;
    int level, type;
    int fd, padding;
  } control = {20, 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, (int)folder, 0};
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
  s64 sent;
  do sent = CALL3(sendmsg, CONTROL, &message, 0);
  while (sent == -EINTR_);
  must(sent, "handing over the folder of pipes");
  CALL1(close, folder);
}

static void drop_capabilities(void) {
  struct {
    u32 version;
    int pid;
  } header = {0x20080522, 0};
  struct {
    u32 effective, permitted, inheritable;
  } none[2] = {{0, 0, 0}, {0, 0, 0}};
  must(CALL2(capset, &header, none), "giving up capabilities");
  CALL5(prctl, 38, 1, 0, 0, 0);
}

/* enter <pid of the sandbox's init> <host user, or -> <program> [arguments] */
static __attribute__((noreturn)) void run_enter(char **arguments, char **variables) {
  const char *pid = arguments[0], *user = pid ? arguments[1] : NULL;
  if (!user || !arguments[2]) give_up("usage: enter PID USER PROGRAM [ARGUMENTS]", 0);
  struct namespaces own = {open_namespace("self", "user"), open_namespace("self", "net"), open_namespace("self", "ipc"),
                           open_namespace("self", "uts"), 0};
  struct namespaces its = {open_namespace(pid, "user"), open_namespace(pid, "net"), open_namespace(pid, "ipc"),
                           open_namespace(pid, "uts"), open_namespace(pid, "mnt")};
  must(its.user, "opening the sandbox's namespaces");
  must(its.mount, "opening the sandbox's namespaces");
  current_user = inode_of(own.user);
  u64 own_net = inode_of(own.net), own_ipc = inode_of(own.ipc), own_uts = inode_of(own.uts);

  /* Root makes the network namespace itself, before it becomes the sandbox's user. */
  enter(its.net, own_net, "entering the network namespace");
  if (!same_text(user, "-")) {
    u64 id = number_of(user);
    must(CALL2(setgroups, 0, NULL), "giving up groups");
    must(CALL3(setresgid, id, id, id), "becoming the sandbox's group");
    must(CALL3(setresuid, id, id, id), "becoming the sandbox's user");
  }
  enter_owner(its.mount);
  enter(its.ipc, own_ipc, "entering the IPC namespace");
  enter(its.uts, own_uts, "entering the UTS namespace");
  must(CALL2(setns, its.mount, CLONE_NEWNS_), "entering the mount namespace");
  s64 folder = take_state();
  enter_user(its.user);
  drop_capabilities();
  send_folder(folder);
  s64 error = CALL3(execve, arguments[2], arguments + 2, variables);
  give_up(arguments[2], error);
}

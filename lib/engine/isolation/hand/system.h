/*
 * System calls and the few memory functions that the hand needs, without a C library: the binary is static, has no
 * dependencies, and runs on every Linux of its processor. x86-64 and arm64.
 */
#ifndef SANDGLASS_SYSTEM_H
#define SANDGLASS_SYSTEM_H

#include <asm/unistd.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef long s64;
typedef unsigned long usize;

#define NULL ((void *)0)

#if defined(__x86_64__)
static inline s64 call6(s64 number, s64 a, s64 b, s64 c, s64 d, s64 e, s64 f) {
  s64 result;
  register s64 r10 __asm__("r10") = d;
  register s64 r8 __asm__("r8") = e;
  register s64 r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".global _start\n"
        "_start:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  and $-16, %rsp\n"
        "  call start\n");
#elif defined(__aarch64__)
static inline s64 call6(s64 number, s64 a, s64 b, s64 c, s64 d, s64 e, s64 f) {
  register s64 x8 __asm__("x8") = number;
  register s64 x0 __asm__("x0") = a;
  register s64 x1 __asm__("x1") = b;
  register s64 x2 __asm__("x2") = c;
  register s64 x3 __asm__("x3") = d;
  register s64 x4 __asm__("x4") = e;
  register s64 x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
__asm__(".global _start\n"
        "_start:\n"
        "  mov x29, #0\n"
        "  mov x30, #0\n"
        "  mov x0, sp\n"
        "  and sp, x0, #-16\n"
        "  bl start\n");
#else
#error "The hand is built for x86-64 and arm64."
#endif

#define CALL6(name, a, b, c, d, e, f) \
  call6(__NR_##name, (s64)(a), (s64)(b), (s64)(c), (s64)(d), (s64)(e), (s64)(f))
#define CALL5(name, a, b, c, d, e) CALL6(name, a, b, c, d, e, 0)
#define CALL4(name, a, b, c, d) CALL6(name, a, b, c, d, 0, 0)
#define CALL3(name, a, b, c) CALL6(name, a, b, c, 0, 0, 0)
#define CALL2(name, a, b) CALL6(name, a, b, 0, 0, 0, 0)
#define CALL1(name, a) CALL6(name, a, 0, 0, 0, 0, 0)
#define CALL0(name) CALL6(name, 0, 0, 0, 0, 0, 0)

/* The compiler may call these on its own. */
void *memcpy(void *to, const void *from, usize count) {
  u8 *t = to;
  const u8 *f = from;
  while (count--) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, usize count) {
  u8 *t = to;
  const u8 *f = from;
  if (t <= f) return memcpy(to, from, count);
  while (count--) t[count] = f[count];
  return to;
}

void *memset(void *to, int value, usize count) {
  u8 *t = to;
  while (count--) *t++ = (u8)value;
  return to;
}

static usize length_of(const char *text) {
  usize length = 0;
  while (text[length]) length++;
  return length;
}

static int same_text(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static __attribute__((noreturn)) void leave(int code) {
  for (;;) CALL1(exit_group, code);
}

static s64 write_all(int fd, const void *bytes, usize count) {
  const u8 *at = bytes;
  while (count > 0) {
    s64 written = CALL3(write, fd, at, count);
    if (written == -4 /* EINTR */) continue;
    if (written < 0) return written;
    at += written;
    count -= (usize)written;
  }
  return 0;
}

/* Decimal text of a number; `out` has room for 21 bytes. */
static char *decimal(u64 value, char *out) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  while (count) *out++ = digits[--count];
  *out = 0;
  return out;
}

/* The number that a text begins with. */
static u64 number_of(const char *text) {
  u64 value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + (u64)(*text++ - '0');
  return value;
}

/* Say why something failed, on stderr, and end. */
static __attribute__((noreturn)) void give_up(const char *what, s64 error) {
  char text[21];
  write_all(2, "sandglass-hand: ", 16);
  write_all(2, what, length_of(what));
  if (error < 0) {
    write_all(2, " failed with error ", 19);
    decimal((u64)-error, text);
    write_all(2, text, length_of(text));
  }
  write_all(2, "\n", 1);
  leave(125);
}

#endif

// What a C library would have provided: the start of the program, system calls
// (their numbers are in Linux's asm/unistd.h), and three functions that the
// compiler may call by itself.
#pragma once
#include <stddef.h>

#if defined __x86_64__

enum { SYS_READ = 0, SYS_WRITE = 1, SYS_CLOSE = 3, SYS_SOCKET = 41, SYS_CONNECT = 42, SYS_SENDTO = 44, SYS_SETSOCKOPT = 54, SYS_EXIT_GROUP = 231 };

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");

static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}

#elif defined __aarch64__

enum { SYS_READ = 63, SYS_WRITE = 64, SYS_CLOSE = 57, SYS_SOCKET = 198, SYS_CONNECT = 203, SYS_SENDTO = 206, SYS_SETSOCKOPT = 208, SYS_EXIT_GROUP = 94 };

__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tb start\n");

static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

#else
#error "neither amd64 nor arm64"
#endif

enum { INTERRUPTED = -4 };

void *memcpy(void *to, const void *from, size_t length)
{
	char *t = to;
	const char *f = from;
	while (length--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int byte, size_t length)
{
	char *t = to;
	while (length--)
		*t++ = (char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const unsigned char *x = a, *y = b;
	for (; length--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

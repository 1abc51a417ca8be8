#include "local/stop.h"

#include <errno.h>
#include <signal.h>

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction before[COUNT(numbers)];

static uv_async_t *to_wake;
static volatile sig_atomic_t asked, last;

static void on_signal(int number)
{
	int saved = errno;

	last = number;
	if (++asked >= 3) {
		sigaction(number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		raise(number);
	}
	uv_async_send(to_wake); /* may be called here, as its documentation says */
	errno = saved;
}

void stop_watch(uv_async_t *wake)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	asked = 0;
	to_wake = wake;
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		sigaction(numbers[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], &act, NULL);
	}
}

void stop_unwatch(void)
{
	for (size_t i = 0; i < COUNT(numbers); i++)
		sigaction(numbers[i], &before[i], NULL);
}

int stop_asked(void)
{
	return MIN((int)asked, 2);
}

const char *stop_reason(void)
{
	return last == SIGINT ? "interrupted" : "asked to end";
}

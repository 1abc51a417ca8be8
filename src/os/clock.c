#include "os/clock.h"

#include <limits.h>
#include <time.h>

static uint64_t now_us(clockid_t id)
{
	struct timespec t;

	MUST(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

uint64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC) + 1;
}

int clock_poll_ms(uint64_t deadline_us)
{
	uint64_t now, ms;

	if (deadline_us == 0)
		return -1;
	now = clock_mono_us();
	if (deadline_us <= now)
		return 0;
	ms = (deadline_us - now + 999) / 1000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static char *put_digits(char *at, uint64_t v, unsigned nr)
{
	for (unsigned i = nr; i-- > 0; v /= 10)
		at[i] = (char)('0' + v % 10);
	return at + nr;
}

/* Days since 1970-01-01 to a proleptic Gregorian date.  gmtime_r would do, but it
 * takes the time zone lock, and this runs for every line of a log with times.
 * The count starts on 1 March of year 0, so that the leap day is a year's last. */
static void date_of_days(uint64_t days, uint64_t *y, uint64_t *m, uint64_t *d)
{
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

size_t clock_iso8601(char out[CLOCK_ISO_MAX], uint64_t wall_us, unsigned digits)
{
	uint64_t s = wall_us / 1000000, fraction = wall_us % 1000000;
	uint64_t y, m, d;
	char *at = out;

	MUST(digits <= 6);
	date_of_days(s / 86400, &y, &m, &d);
	at = put_digits(at, y, y > 9999 ? 6 : 4);
	*at++ = '-';
	at = put_digits(at, m, 2);
	*at++ = '-';
	at = put_digits(at, d, 2);
	*at++ = 'T';
	at = put_digits(at, s / 3600 % 24, 2);
	*at++ = ':';
	at = put_digits(at, s / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, s % 60, 2);
	if (digits) {
		for (unsigned i = digits; i < 6; i++)
			fraction /= 10;
		*at++ = '.';
		at = put_digits(at, fraction, digits);
	}
	*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - out);
}

void clock_add_iso8601(struct buf *b, uint64_t wall_us, unsigned digits)
{
	char text[CLOCK_ISO_MAX];

	buf_add(b, text, clock_iso8601(text, wall_us, digits));
}

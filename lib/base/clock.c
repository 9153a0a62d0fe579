/*
 * The clock, durations and randomness: the only places where a run meets what cannot be repeated,
 * and so the places where a test can hold it still (JP_CLOCK, JP_TEST_SEED).
 */
#include "base/base.h"
#include "base/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static gint64 frozen_at = -1;

gboolean
jp_clock_init(void)
{
	const char *text = g_getenv("JP_CLOCK");

	frozen_at = -1;
	return text == NULL || *text == '\0' || jp_time_parse(text, &frozen_at, NULL);
}

gint64
jp_now(void)
{
	return frozen_at >= 0 ? frozen_at : g_get_real_time() / 1000;
}

gint64
jp_monotonic_us(void)
{
	return g_get_monotonic_time();
}

/* ---- durations ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	gint64 ms;
} units[] = {{"w", 7 * JP_DAY}, {"d", JP_DAY}, {"h", JP_HOUR}, {"m", JP_MINUTE}, {"s", JP_SECOND},
    {"ms", 1}};

/* Reads digits and the unit behind them; *next becomes the index of the units still allowed. */
static gboolean
read_part(const char **text, guint *next, gint64 *total)
{
	char *end = NULL;
	gsize len;
	guint64 n;
	gint64 part;

	if (!g_ascii_isdigit(**text))
		return FALSE;
	n = g_ascii_strtoull(*text, &end, 10);
	len = strspn(end, "abcdefghijklmnopqrstuvwxyz");
	for (guint i = *next; i < G_N_ELEMENTS(units); i++) {
		if (strlen(units[i].name) != len || strncmp(units[i].name, end, len) != 0)
			continue;
		if (n > G_MAXINT64 || __builtin_mul_overflow((gint64)n, units[i].ms, &part) ||
		    __builtin_add_overflow(*total, part, total))
			return FALSE;
		*text = end + len;
		*next = i + 1;
		return TRUE;
	}
	return FALSE;
}

gboolean
jp_duration_parse(const char *text, gint64 *ms)
{
	gint64 total = 0;
	guint next = 0;

	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return TRUE;
	}
	do {
		if (!read_part(&text, &next, &total))
			return FALSE;
	} while (*text != '\0');
	*ms = total;
	return TRUE;
}

/* Writes ms in the units whose bits are set; NULL when that is not exact. */
static char *
format_in(gint64 ms, guint mask)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		if ((mask & (1u << i)) == 0 || ms < units[i].ms)
			continue;
		g_string_append_printf(
		    out, "%" G_GINT64_FORMAT "%s", ms / units[i].ms, units[i].name);
		ms %= units[i].ms;
	}
	return ms == 0 ? g_strdup(out->str) : NULL;
}

char *
jp_duration_format(gint64 ms)
{
	g_autofree char *best = NULL;

	if (ms <= 0)
		return g_strdup("0s");
	for (guint mask = 1; mask < 1u << G_N_ELEMENTS(units); mask++) {
		g_autofree char *text = format_in(ms, mask);

		if (text != NULL && (best == NULL || strlen(text) < strlen(best))) {
			g_free(best);
			best = g_steal_pointer(&text);
		}
	}
	return g_steal_pointer(&best);
}

/* ---- randomness ----------------------------------------------------------------------------- */

G_LOCK_DEFINE_STATIC(seeded);

/* One step of a generator for tests (a Weyl sequence, its high bits mixed down twice). */
static guint64
seeded_next(guint64 *state)
{
	guint64 z;

	*state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	z = *state;
	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
seeded_bytes(const char *seed, guchar *buf, gsize len)
{
	static guint64 state;
	static gboolean started;

	G_LOCK(seeded);
	if (!started) {
		/* The name keeps two programs with one seed apart. */
		state =
		    g_ascii_strtoull(seed, NULL, 10) ^ ((guint64)g_str_hash(jp_program()) << 32);
		started = TRUE;
	}
	for (gsize i = 0; i < len; i++)
		buf[i] = (guchar)(seeded_next(&state) >> 56);
	G_UNLOCK(seeded);
}

void
jp_random_bytes(void *buf, gsize len)
{
	const char *seed = g_getenv("JP_TEST_SEED");
	guchar *p = buf;

	if (seed != NULL) {
		seeded_bytes(seed, p, len);
		return;
	}
	while (len > 0) {
		gssize n = getrandom(p, MIN(len, 256), 0);

		if (n > 0) {
			p += n;
			len -= (gsize)n;
		} else if (errno != EINTR) {
			jp_die(JP_ERROR_TEMP, "no random bytes from the kernel: %s",
			    g_strerror(errno));
		}
	}
}

guint32
jp_random_below(guint32 n)
{
	guint32 limit, r;

	g_return_val_if_fail(n > 0, 0);
	/* What is above the last whole multiple of n would favour small values. */
	limit = G_MAXUINT32 - (G_MAXUINT32 % n + 1) % n;
	do {
		jp_random_bytes(&r, sizeof(r));
	} while (r > limit);
	return r % n;
}

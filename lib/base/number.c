/*
 * Numbers from text, whole and in range or not at all.  Sums of money are micro-units and exact.
 */
#include "base/base.h"

#include <math.h>
#include <string.h>

#define MICROS           G_GINT64_CONSTANT(1000000)
#define MAX_WHOLE_DIGITS 12

gboolean
jp_int_parse(const char *text, gint64 min, gint64 max, gint64 *out)
{
	return *text != '+' && g_ascii_string_to_signed(text, 10, min, max, out, NULL);
}

/* printf is ten times as slow, and listings are full of numbers. */
gsize
jp_int_write(char out[JP_INT_SIZE], gint64 n)
{
	char digits[JP_INT_SIZE], *p = digits + sizeof digits;
	guint64 left = n < 0 ? -(guint64)n : (guint64)n;
	gsize len;

	do {
		*--p = (char)('0' + left % 10);
	} while ((left /= 10) > 0);
	if (n < 0)
		*--p = '-';
	len = (gsize)(digits + sizeof digits - p);
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

gboolean
jp_size_parse(const char *text, gint64 *bytes)
{
	static const char *const suffixes[] = {"", "KiB", "MiB", "GiB", "TiB"};
	gint64 n, unit = 1;
	gsize digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);

	if (!jp_int_parse(number, 0, G_MAXINT64, &n))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++, unit *= 1024)
		if (strcmp(text + digits, suffixes[i]) == 0)
			return !__builtin_mul_overflow(n, unit, bytes);
	return FALSE;
}

/* Reads up to six decimals (more only if they are zeros) as millionths. */
static gboolean
parse_decimals(const char *text, gint64 *micros)
{
	gint64 unit = MICROS / 10;

	*micros = 0;
	if (*text == '\0')
		return FALSE;
	for (; *text != '\0'; text++, unit /= 10) {
		if (!g_ascii_isdigit(*text) || (unit == 0 && *text != '0'))
			return FALSE;
		*micros += (*text - '0') * unit;
	}
	return TRUE;
}

gboolean
jp_micros_parse(const char *text, gint64 *micros)
{
	gsize digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	gint64 whole, part = 0;

	if (digits > MAX_WHOLE_DIGITS || !jp_int_parse(number, 0, G_MAXINT64, &whole))
		return FALSE;
	text += digits;
	if (*text != '\0' && (*text != '.' || !parse_decimals(text + 1, &part)))
		return FALSE;
	*micros = whole * MICROS + part;
	return TRUE;
}

gboolean
jp_micros_from_double(double amount, gint64 *micros)
{
	if (!(amount >= 0 && amount < 1e12))
		return FALSE;
	*micros = llround(amount * 1e6);
	return TRUE;
}

/*
 * Dates as payloads and feeds have them, to milliseconds since the epoch and back.  Standards:
 * RFC 3339; RFC 5322 section 3.3 and 4.3 (once RFC 822); RFC 9110 section 5.6.7 for the two old
 * forms.  The calendar itself is GLib's (GDate).  A date that a calendar does not have is refused;
 * a wrong weekday is not looked at.
 */
#include "base/base.h"

#include <string.h>

#define MAX_DATE_LEN 80
#define DAYS_TO_1970 719163                             /* GDate's day of 1970-01-01 */
#define TIME_END     G_GINT64_CONSTANT(253402300800000) /* the year 10000 */

/* A moment in pieces, as read.  offset is minutes east of Greenwich. */
struct moment {
	int year, month, day, hour, minute, second, millis, offset;
};

/* ---- pieces --------------------------------------------------------------------------------- */

static void
skip_blanks(const char **p)
{
	while (g_ascii_isspace(**p))
		(*p)++;
}

static gboolean
read_char(const char **p, char c)
{
	if (**p != c)
		return FALSE;
	(*p)++;
	return TRUE;
}

/* Reads between min and max digits. */
static gboolean
read_digits(const char **p, int min, int max, int *out)
{
	int n = 0;

	*out = 0;
	for (; n < max && g_ascii_isdigit(**p); n++)
		*out = *out * 10 + (*(*p)++ - '0');
	return n >= min;
}

/* Reads a word of letters, folded to lower case and cut at size; its whole length, 0 if none. */
static gsize
read_word(const char **p, char *word, gsize size)
{
	gsize n = 0;

	for (; g_ascii_isalpha(**p); (*p)++, n++)
		if (n < size - 1)
			word[n] = g_ascii_tolower(**p);
	word[MIN(n, size - 1)] = '\0';
	return n;
}

/* "Oct", "Sept", "October", in any case: 1 to 12, or 0. */
static int
month_of(const char *word)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june",
	    "july", "august", "september", "october", "november", "december"};

	if (strlen(word) < 3)
		return 0;
	for (guint i = 0; i < G_N_ELEMENTS(months); i++)
		if (g_str_has_prefix(months[i], word))
			return (int)i + 1;
	return 0;
}

/* Zone names met in feeds.  RFC 5322 reads those it does not know, military letters with them, as
 * "-0000", which is UTC. */
static int
zone_of(const char *word)
{
	static const struct {
		const char *name;
		int minutes;
	} zones[] = {{"est", -300}, {"edt", -240}, {"cst", -360}, {"cdt", -300}, {"mst", -420},
	    {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"akst", -540}, {"akdt", -480},
	    {"hst", -600}, {"bst", 60}, {"west", 60}, {"cet", 60}, {"cest", 120}, {"eet", 120},
	    {"eest", 180}, {"msk", 180}, {"jst", 540}, {"kst", 540}, {"aest", 600}, {"aedt", 660},
	    {"nzst", 720}, {"nzdt", 780}};

	for (guint i = 0; i < G_N_ELEMENTS(zones); i++)
		if (strcmp(zones[i].name, word) == 0)
			return zones[i].minutes;
	return 0;
}

/* "+02:00", "+0200", "+02". */
static gboolean
read_offset(const char **p, int *minutes)
{
	int sign = **p == '-' ? -1 : 1;
	int h, m = 0;

	if (!read_char(p, '+') && !read_char(p, '-'))
		return FALSE;
	if (!read_digits(p, 2, 2, &h))
		return FALSE;
	if ((read_char(p, ':') || g_ascii_isdigit(**p)) && !read_digits(p, 2, 2, &m))
		return FALSE;
	*minutes = sign * (h * 60 + m);
	return h <= 23 && m <= 59;
}

/* "HH:MM", "HH:MM:SS", "HH:MM:SS.fraction"; digits beyond milliseconds are dropped. */
static gboolean
read_clock(const char **p, int min_hour_digits, struct moment *t)
{
	if (!read_digits(p, min_hour_digits, 2, &t->hour) || !read_char(p, ':') ||
	    !read_digits(p, 2, 2, &t->minute))
		return FALSE;
	if (!read_char(p, ':'))
		return TRUE;
	if (!read_digits(p, 2, 2, &t->second))
		return FALSE;
	if (!read_char(p, '.') && !read_char(p, ','))
		return TRUE;
	if (!g_ascii_isdigit(**p))
		return FALSE;
	for (int unit = 100; g_ascii_isdigit(**p); (*p)++, unit /= 10)
		t->millis += (**p - '0') * unit;
	return TRUE;
}

/* Puts the pieces together; FALSE for what no calendar or clock shows.  Second 60 is a leap
 * second and counts as the next minute's first. */
static gboolean
assemble(const struct moment *t, gint64 *ms)
{
	GDate date;
	gint64 days, minutes, seconds;

	if (t->year < 1970 || t->year > 9999 || t->hour > 23 || t->minute > 59 || t->second > 60 ||
	    t->month < 1 || t->month > 12 || t->day < 1 || t->day > 31 ||
	    !g_date_valid_dmy((GDateDay)t->day, (GDateMonth)t->month, (GDateYear)t->year))
		return FALSE;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)t->day, (GDateMonth)t->month, (GDateYear)t->year);
	days = (gint64)g_date_get_julian(&date) - DAYS_TO_1970;
	minutes = (days * 24 + t->hour) * 60 + t->minute - t->offset;
	seconds = minutes * 60 + t->second;
	*ms = seconds * 1000 + t->millis;
	return *ms >= 0 && *ms < TIME_END;
}

/* ---- RFC 3339 and its kin ------------------------------------------------ */

/* "Z", "UTC", "GMT", an offset, or nothing, which is read as UTC. */
static gboolean
read_zone(const char **p, int *minutes)
{
	char word[8];

	skip_blanks(p);
	*minutes = 0;
	if (**p == '+' || **p == '-')
		return read_offset(p, minutes);
	if (read_word(p, word, sizeof(word)) == 0)
		return TRUE;
	return strcmp(word, "z") == 0 || strcmp(word, "utc") == 0 || strcmp(word, "gmt") == 0;
}

static gboolean
parse_iso(const char *p, struct moment *t, gboolean *date_only)
{
	if (!read_digits(&p, 4, 4, &t->year) || !read_char(&p, '-') ||
	    !read_digits(&p, 2, 2, &t->month) || !read_char(&p, '-') ||
	    !read_digits(&p, 2, 2, &t->day))
		return FALSE;
	*date_only = *p == '\0';
	if (*date_only)
		return TRUE;
	if (!read_char(&p, 'T') && !read_char(&p, 't') && !read_char(&p, ' '))
		return FALSE;
	return read_clock(&p, 2, t) && read_zone(&p, &t->offset) && *p == '\0';
}

/* ---- words and numbers in the orders of mail and of date(1) -------------- */

/* Two digits are a year of 1950 to 2049, three count from 1900 (RFC 5322 4.3). */
static gboolean
read_year(const char **p, int *year)
{
	const char *start = *p;

	if (!read_digits(p, 2, 4, year))
		return FALSE;
	if (*p - start == 2)
		*year += *year < 50 ? 2000 : 1900;
	else if (*p - start == 3)
		*year += 1900;
	return !g_ascii_isdigit(**p);
}

static gboolean
read_month(const char **p, int *month)
{
	char word[16];

	if (read_word(p, word, sizeof(word)) == 0)
		return FALSE;
	*month = month_of(word);
	return *month > 0;
}

static void
skip_separator(const char **p)
{
	while (g_ascii_isspace(**p) || **p == '-' || **p == ',' || **p == '.')
		(*p)++;
}

/* The zone behind a time of day, a comment behind that, and then the end. */
static gboolean
read_mail_zone(const char **p, int *minutes)
{
	char word[8];

	skip_blanks(p);
	*minutes = 0;
	if (**p == '+' || **p == '-') {
		if (!read_offset(p, minutes))
			return FALSE;
	} else if (read_word(p, word, sizeof(word)) > 0) {
		*minutes = zone_of(word);
		/* "GMT+0200" as some scripts print it */
		if ((**p == '+' || **p == '-') && !read_offset(p, minutes))
			return FALSE;
	}
	skip_blanks(p);
	if (**p == '(')
		*p += strcspn(*p, ")") + (strchr(*p, ')') != NULL);
	skip_blanks(p);
	return **p == '\0';
}

/* "09 Oct 2026 02:01:00 +0000", "09-Oct-26 02:01 GMT", "9 October 2026". */
static gboolean
parse_mail(const char *p, struct moment *t)
{
	if (!read_digits(&p, 1, 2, &t->day))
		return FALSE;
	skip_separator(&p);
	if (!read_month(&p, &t->month))
		return FALSE;
	skip_separator(&p);
	if (!read_year(&p, &t->year))
		return FALSE;
	skip_separator(&p);
	if (*p == '\0')
		return TRUE;
	return read_clock(&p, 1, t) && read_mail_zone(&p, &t->offset);
}

/* "Oct 09 02:01:00 UTC 2026", "Oct  9 02:01:00 2026": date(1) and C's old form. */
static gboolean
parse_date1(const char *p, struct moment *t)
{
	char word[8];

	if (!read_month(&p, &t->month))
		return FALSE;
	skip_blanks(&p);
	if (!read_digits(&p, 1, 2, &t->day))
		return FALSE;
	skip_blanks(&p);
	if (!read_clock(&p, 1, t))
		return FALSE;
	skip_blanks(&p);
	if (*p == '+' || *p == '-') {
		if (!read_offset(&p, &t->offset))
			return FALSE;
	} else if (read_word(&p, word, sizeof(word)) > 0) {
		t->offset = zone_of(word);
	}
	skip_blanks(&p);
	return read_digits(&p, 4, 4, &t->year) && *p == '\0';
}

static gboolean
parse_words(const char *p, struct moment *t)
{
	const char *start = p;
	char word[16];

	if (g_ascii_isdigit(*p))
		return parse_mail(p, t);
	if (read_word(&p, word, sizeof(word)) == 0)
		return FALSE;
	if (month_of(word) > 0 && *p == ' ' && parse_date1(start, t))
		return TRUE;
	skip_separator(&p); /* that was the weekday */
	return g_ascii_isdigit(*p) ? parse_mail(p, t) : parse_date1(p, t);
}

/* ---- public --------------------------------------------------------------------------------- */

/* Copies text without the blanks around it; FALSE when it is too long to be a date. */
static gboolean
trim(const char *text, char *out, gsize size)
{
	gsize len;

	skip_blanks(&text);
	len = strnlen(text, size);
	if (len == size)
		return FALSE;
	memcpy(out, text, len);
	while (len > 0 && g_ascii_isspace(out[len - 1]))
		len--;
	out[len] = '\0';
	return TRUE;
}

gboolean
jp_time_parse(const char *text, gint64 *ms, gboolean *date_only)
{
	char buf[MAX_DATE_LEN];
	struct moment t = {0};
	gboolean only = FALSE;

	if (!trim(text, buf, sizeof(buf)))
		return FALSE;
	if (!parse_iso(buf, &t, &only)) {
		t = (struct moment){0};
		only = FALSE;
		if (!parse_words(buf, &t))
			return FALSE;
	}
	if (date_only != NULL)
		*date_only = only;
	return assemble(&t, ms);
}

gboolean
jp_time_parse_rfc822(const char *text, gint64 *ms)
{
	char buf[MAX_DATE_LEN];
	struct moment t = {0};

	return trim(text, buf, sizeof(buf)) && parse_words(buf, &t) && assemble(&t, ms);
}

char *
jp_time_format(gint64 ms)
{
	g_autoptr(GDateTime) t = NULL;
	int year, month, day, second, part;

	ms = CLAMP(ms, 0, TIME_END - 1);
	t = g_date_time_new_from_unix_utc(ms / 1000);
	g_date_time_get_ymd(t, &year, &month, &day);
	second = (int)(ms / 1000 % 86400);
	part = (int)(ms % 1000);
	return g_strdup_printf(
	    part == 0 ? "%04d-%02d-%02dT%02d:%02d:%02dZ" : "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    year, month, day, second / 3600, second / 60 % 60, second % 60, part);
}

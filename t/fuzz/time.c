/* Fuzzes the readers of dates and durations.  Oracle: what was read is in range, and its formatted
 * form is read back equal. */
#include "base/base.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_time(gint64 ms)
{
	g_autofree char *text = jp_time_format(ms);
	gboolean date_only = TRUE;
	gint64 again;

	g_assert_cmpint(ms, >=, 0);
	g_assert_true(jp_time_parse(text, &again, &date_only));
	g_assert_false(date_only);
	g_assert_cmpint(again, ==, ms);
}

static void
check_duration(gint64 ms)
{
	g_autofree char *text = jp_duration_format(ms);
	gint64 again;

	g_assert_true(jp_duration_parse(text, &again));
	g_assert_cmpint(again, ==, ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = g_strndup((const char *)data, len);
	gboolean date_only = FALSE;
	gint64 ms, mail;

	if (jp_time_parse(text, &ms, &date_only)) {
		check_time(ms);
		g_assert_true(!date_only || ms % JP_DAY == 0);
	}
	if (jp_time_parse_rfc822(text, &mail)) {
		check_time(mail);
		g_assert_true(jp_time_parse(text, &ms, NULL) && ms == mail);
	}
	if (jp_duration_parse(text, &ms))
		check_duration(ms);
	return 0;
}

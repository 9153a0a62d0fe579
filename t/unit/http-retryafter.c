/* H06: how long a server wants to be left alone. */
#include "http/http.h"

static void
test_retry_after(void)
{
	const gint64 now = G_GINT64_CONSTANT(1790000000000);
	static const struct {
		const char *value;
		gint64 wait;
	} t[] = {
	    {NULL, -1},
	    {"", -1},
	    {"0", 0},
	    {"120", 120 * JP_SECOND},
	    {" 120 ", 120 * JP_SECOND},
	    {"99999999999999999999", 366 * JP_DAY},
	    {"-5", -1},
	    {"1.5", -1},
	    {"5 minutes", -1},
	    {"soon", -1},
	    {"Mon, 21 Sep 2026 14:13:30 GMT", 10 * JP_SECOND},
	    {"Monday, 21-Sep-26 14:13:30 GMT", 10 * JP_SECOND},
	    {"Mon Sep 21 14:13:30 2026", 10 * JP_SECOND},
	    {"Mon, 21 Sep 2026 14:13:10 GMT", 0}, /* over already */
	    {"Mon, 21 Sep 2099 14:13:10 GMT", 366 * JP_DAY},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_test_message("'%s'", t[i].value ? t[i].value : "(none)");
		g_assert_cmpint(jp_retry_after(t[i].value, now), ==, t[i].wait);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/retryafter/H06", test_retry_after);
	return g_test_run();
}

/* How a host may be asked: the operator's word, the caller's, the configuration's. */
#include <string.h>

#include "http/internal.h"

static jp_config conf = {
    .http = {.min_interval = 2000, .per_host = 1, .per_hour = 50, .per_day = 500}};

static jp_limits *
parse(const char *one, const char *two, GError **error)
{
	char *list[] = {(char *)(gpointer)one, (char *)(gpointer)two, NULL};

	conf.http.limits = list;
	return jp_limits_new(&conf, error);
}

static void
assert_limits(jp_http_limits l, gint64 interval, guint at_once, guint hour, guint day)
{
	g_assert_cmpint(l.min_interval, ==, interval);
	g_assert_cmpuint(l.at_once, ==, at_once);
	g_assert_cmpuint(l.per_hour, ==, hour);
	g_assert_cmpuint(l.per_day, ==, day);
}

static void
test_order(void)
{
	const jp_http_limits declared = {.min_interval = 250, .at_once = 3, .per_hour = 1000};
	g_autoptr(jp_limits) l =
	    parse("api.example.org interval=1s hour=0", " Lever  at_once=4 day=9 ", NULL);

	g_assert_nonnull(l);
	assert_limits(jp_limits_settle(l, "other.example", NULL), 2000, 1, 50, 500);
	assert_limits(jp_limits_settle(l, "other.example", &declared), 250, 3, 1000, 500);
	assert_limits(jp_limits_settle(l, "api.example.org", NULL), 1000, 1, 0, 500);
	assert_limits(jp_limits_settle(l, "api.example.org", &declared), 1000, 3, 0, 500);
	assert_limits(jp_limits_settle(l, "lever", NULL), 2000, 4, 50, 9);
}

static void
test_refused(void)
{
	static const char *const bad[] = {"", "host", "interval=1s", "host interval=soon",
	    "host interval=2d", "host at_once=0", "host hour=-1", "host hour=99999999", "host day",
	    "host minute=3", "a b hour=3", "host hour=3 x", "host inter=1s", "host =1"};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *said = g_strdup_printf("\"%s\"", bad[i]);

		g_assert_null(parse("fine hour=1", bad[i], &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, "http.limits: "));
		g_assert_nonnull(strstr(error->message, said));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/limits/order", test_order);
	g_test_add_func("/http/limits/refused", test_refused);
	return g_test_run();
}

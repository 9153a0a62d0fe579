/* queue.types: what comes configured, what may be written, errors with their place, the manual. */
#include "config/config.h"
#include "config/internal.h"

#include <string.h>

static jp_config *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	(void)jp_config_parse(&conf, text, strlen(text), "t.yaml", "/site", &error);
	g_assert_no_error(error);
	return conf;
}

static void
test_services(void)
{
	static const char *const names[] = {"cleanup", "email", "match", "scrape"};
	g_autoptr(jp_config) conf = parse("");

	g_assert_cmpuint(conf->queue.types->len, ==, G_N_ELEMENTS(names));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const jp_queue_type *t = jp_config_type(conf, names[i]);

		g_assert_true(t == g_ptr_array_index(conf->queue.types, i)); /* sorted */
		g_assert_true(g_str_has_prefix(t->command[0], "jp-"));
		g_assert_cmpint(t->every, >, 0);
		g_assert_cmpint(t->concurrency.max, >, 0);
	}
	g_assert_null(jp_config_type(conf, "thumbnail"));
}

static void
test_own_type(void)
{
	g_autoptr(jp_config) conf = parse("queue:\n  types:\n    thumb:\n"
					  "      command: [sh, -c, 'exit 0']\n"
					  "      concurrency: 2..8\n      backoff: 5s..1h\n"
					  "      rate: 10/s, 300/min, 5000/day\n"
					  "      rate_per_key: 100/15m\n      limit: 3\n");
	const jp_queue_type *t = jp_config_type(conf, "thumb");

	g_assert_cmpstr(t->command[2], ==, "exit 0");
	g_assert_null(t->command[3]);
	g_assert_cmpint(t->concurrency.min, ==, 2);
	g_assert_cmpint(t->concurrency.max, ==, 8);
	g_assert_cmpint(t->backoff.min, ==, 5 * JP_SECOND);
	g_assert_cmpint(t->backoff.max, ==, JP_HOUR);
	g_assert_cmpuint(t->rate.n, ==, 3);
	g_assert_cmpint(t->rate.rate[1].n, ==, 300);
	g_assert_cmpint(t->rate.rate[1].window, ==, JP_MINUTE);
	g_assert_cmpint(t->rate_per_key.rate[0].window, ==, 15 * JP_MINUTE);
	g_assert_cmpint(t->limit, ==, 3);
	/* the defaults of the table */
	g_assert_cmpint(t->batch, ==, 0);
	g_assert_cmpint(t->retries, ==, 5);
	g_assert_cmpint(t->timeout, ==, JP_MINUTE);
}

/* One key of a service is changed, the others stay. */
static void
test_merged(void)
{
	g_autoptr(jp_config) plain = parse("");
	g_autoptr(jp_config) conf = parse("queue: {types: {email: {concurrency: 4, every: 0}}}");
	const jp_queue_type *t = jp_config_type(conf, "email");

	g_assert_cmpint(t->concurrency.min, ==, 4);
	g_assert_cmpint(t->concurrency.max, ==, 4);
	g_assert_cmpint(t->every, ==, 0);
	g_assert_cmpint(t->batch, ==, jp_config_type(plain, "email")->batch);
	g_assert_cmpstr(t->command[0], ==, "jp-mail");
	g_assert_cmpuint(conf->queue.types->len, ==, plain->queue.types->len);
}

static void
test_refused(void)
{
	static const char *const cases[][2] = {
	    {"queue: {types: 3}", "1:16: queue.types: names of types were expected below it"},
	    {"queue: {type: {}}", "1:9: unknown key queue.type; did you mean queue.types?"},
	    {"queue:\n  types:\n    email: 3\n",
		"3:12: queue.types.email: keys were expected below it"},
	    {"queue:\n  types:\n    own:\n      timeout: 3s\n",
		"3:5: queue.types.own: needs a command, a list such as [jp-db, gc]"},
	    {"queue:\n  types:\n    email:\n      comand: [x]\n",
		"4:7: unknown key queue.types.email.comand; did you mean command?"},
	    {"queue:\n  types:\n    email:\n      zzzzzzzzz: 1\n",
		"4:7: this is no key of a type; jobping.yaml(5) lists them"},
	    {"queue:\n  types:\n    email:\n      command: jp-mail\n",
		"4:16: queue.types.email.command: a list such as [a, b] was expected"},
	    {"queue:\n  types:\n    email:\n      command: []\n",
		"3:5: queue.types.email: needs a command, a list such as [jp-db, gc]"},
	    {"queue:\n  types:\n    Email: {command: [x]}\n",
		"3:5: queue.types: a type's name has at most 40 of a-z, 0-9, '_' and '-' and "
		"begins with a letter"},
	    {"queue: {types: {email: {concurrency: 8..2}}}",
		"1:38: queue.types.email.concurrency: '8..2': the first bound is above the "
		"second"},
	    {"queue: {types: {email: {concurrency: 2..}}}",
		"1:38: queue.types.email.concurrency: '' is not a whole number from 0 to 256"},
	    {"queue: {types: {email: {concurrency: 2..257}}}",
		"1:38: queue.types.email.concurrency: '257' is not a whole number from 0 to "
		"256"},
	    {"queue: {types: {email: {backoff: 5..6h}}}",
		"1:34: queue.types.email.backoff: '5' is not a duration such as 90s, 15m, 2h or "
		"7d"},
	    {"queue: {types: {email: {rate: 5}}}",
		"1:31: queue.types.email.rate: '5' is not one to 4 rates such as 10/s, 300/min, "
		"100/15m, 5000/day"},
	    {"queue: {types: {email: {rate: 0/s}}}",
		"1:31: queue.types.email.rate: '0/s' is not one to 4 rates such as 10/s, "
		"300/min, 100/15m, 5000/day"},
	    {"queue: {types: {email: {rate: \"1/s,2/s,3/s,4/s,5/s\"}}}",
		"1:31: queue.types.email.rate: '1/s,2/s,3/s,4/s,5/s' is not one to 4 rates such "
		"as 10/s, 300/min, 100/15m, 5000/day"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *expected = g_strconcat("t.yaml:", cases[i][1], NULL);
		jp_config *conf = NULL;

		g_assert_false(jp_config_parse(
		    &conf, cases[i][0], strlen(cases[i][0]), "t.yaml", "/site", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, expected);
	}
}

static void
test_too_many(void)
{
	g_autoptr(GString) text = g_string_new("queue:\n  types:\n");
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	for (guint i = 0; i < JP_MAX_TASK_TYPES; i++)
		g_string_append_printf(text, "    t%u: {command: [x]}\n", i);
	g_assert_false(jp_config_parse(&conf, text->str, text->len, "t.yaml", "/", &error));
	g_assert_cmpstr(error->message, ==, "t.yaml:63:5: queue.types: more than 64 types");
}

/* What is shown is read back equal. */
static void
test_shown(void)
{
	g_autoptr(jp_config) conf = parse("queue: {types: {own: {command: [x, y], "
					  "rate: \"3/s,7/2m,9/day\", backoff: 1s..90s}}}");

	for (guint i = 0; i < conf->queue.types->len; i++) {
		jp_queue_type *t = g_ptr_array_index(conf->queue.types, i);
		const char *name;
		char *value, *again;

		for (guint k = 0; jp_config_type_key(t, k, &name, &value); k++) {
			g_assert_true(
			    jp_value_set(t, jp_type_key_find(name), value, "/site", NULL));
			(void)jp_config_type_key(t, k, &name, &again);
			g_assert_cmpstr(value, ==, again);
			g_free(value);
			g_free(again);
		}
	}
}

/* Each key of a type has its paragraph, in order: "name Pq type, default", and its bounds. */
static void
test_manual(void)
{
	g_autofree char *page = NULL;
	g_auto(GStrv) paragraphs = NULL;

	g_assert_true(g_file_get_contents("man/jobping.yaml.5", &page, NULL, NULL));
	paragraphs = g_strsplit(page, "\n.It Cm ", -1);
	g_assert_cmpuint(g_strv_length(paragraphs), ==, jp_n_type_keys + 1);
	for (guint i = 0; i < jp_n_type_keys; i++) {
		const struct jp_key *key = &jp_type_keys[i];
		g_auto(GStrv) lines = g_strsplit(paragraphs[i + 1], "\n", 2);
		g_autofree char *head = g_strdup_printf("%s Pq ", key->path);
		g_autofree char *tail = g_strdup_printf(", %s", key->def ? key->def : "list");

		g_assert_true(g_str_has_prefix(lines[0], head));
		if (key->def)
			g_assert_true(g_str_has_suffix(lines[0], tail));
		if (key->max > 0)
			g_assert_nonnull(strstr(lines[1], "rom "));
		if (i > 0)
			g_assert_cmpstr(jp_type_keys[i - 1].path, <, key->path);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/types/the four services come configured", test_services);
	g_test_add_func("/config/types/a type of one's own", test_own_type);
	g_test_add_func("/config/types/a service is changed key by key", test_merged);
	g_test_add_func("/config/types/what is refused, and where", test_refused);
	g_test_add_func("/config/types/too many", test_too_many);
	g_test_add_func("/config/types/what is shown is read back", test_shown);
	g_test_add_func("/config/types/L10 the manual has them all", test_manual);
	return g_test_run();
}

/* The table of keys: its variables, its manual, its example, and every key's values in and out of
 * bounds. */
#include "config/config.h"
#include "config/internal.h"

#include <string.h>

static void
test_variables(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_hash_table_add(seen, g_strdup("JP_CONFIG"));
	g_hash_table_add(seen, g_strdup("JP_CLOCK"));
	g_hash_table_add(seen, g_strdup("JP_MAIL_SMTP_PASSWORD"));
	g_hash_table_add(seen, g_strdup("JP_KEYS_ADZUNA"));
	g_hash_table_add(seen, g_strdup("JP_KEYS_JOOBLE"));
	g_hash_table_add(seen, g_strdup("JP_KEYS_REED"));
	g_hash_table_add(seen, g_strdup("JP_KEYS_USAJOBS"));
	for (guint i = 0; i < jp_n_keys; i++) {
		char *name = jp_key_variable(jp_keys[i].path);

		g_assert_false(g_str_has_prefix(name, "JP_TEST_"));
		if (!g_hash_table_add(seen, name))
			g_error("%s: its variable %s is taken", jp_keys[i].path, name);
	}
}

static void
test_variable_name(void)
{
	g_autofree char *name = jp_key_variable("ai.max_daily_cost");

	g_assert_cmpstr(name, ==, "JP_AI_MAX_DAILY_COST");
}

static void
test_table(void)
{
	for (guint i = 0; i < jp_n_keys; i++) {
		const struct jp_key *key = &jp_keys[i];

		g_assert_true(jp_key_find(key->path) == key);
		if (i > 0)
			g_assert_cmpstr(jp_keys[i - 1].path, <, key->path); /* as in the manual */
		for (guint j = 0; j < i; j++)
			g_assert_cmpuint(jp_keys[j].offset, !=, key->offset);
		g_assert_cmpuint(strlen(key->help), >, 10);
		g_assert_cmpuint(strlen(key->help), <, 80);
		g_assert_true(key->words ? key->type == JP_KEY_WORD || key->type == JP_KEY_LIST
					 : key->type != JP_KEY_WORD);
	}
	g_assert_null(jp_key_find("nonsense"));
}

static void
test_public_table(void)
{
	const char *path, *type, *def, *help;

	g_assert_true(jp_config_key(0, &path, &type, &def, &help));
	g_assert_cmpstr(path, ==, "boards.adzuna");
	g_assert_cmpstr(type, ==, "URL");
	g_assert_cmpstr(def, ==, "https://api.adzuna.com");
	g_assert_false(jp_config_key(jp_n_keys, &path, &type, &def, &help));
}

/* ---- the manual ----------------------------------------------------------------------------- */

static char *
range_of(const struct jp_key *key)
{
	g_autofree char *min = NULL, *max = NULL;

	switch (key->type) {
	case JP_KEY_INTEGER:
		return g_strdup_printf(
		    "rom %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".", key->min, key->max);
	case JP_KEY_DURATION:
		min = jp_duration_format(key->min);
		max = jp_duration_format(key->max);
		return g_strdup_printf("rom %s to %s.", min, max);
	case JP_KEY_SIZE:
		return g_strdup_printf(
		    "rom %dKiB to %dMiB.", (int)(key->min / JP_KIB), (int)(key->max / JP_MIB));
	case JP_KEY_TEXT:
	case JP_KEY_LINES:
	case JP_KEY_PATH:
	case JP_KEY_DATABASE:
	case JP_KEY_URL:
	case JP_KEY_ADDRESS:
	case JP_KEY_DOMAIN:
	case JP_KEY_WORD:
	case JP_KEY_LIST:
	case JP_KEY_RATES:
		break;
	case JP_KEY_RANGE:
		return g_strdup_printf(
		    "rom %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".", key->min, key->max);
	case JP_KEY_SPAN:
		min = jp_duration_format(key->min);
		max = jp_duration_format(key->max);
		return g_strdup_printf("rom %s to %s.", min, max);
	}
	return g_strdup("");
}

/* Checks one key's paragraph: "path Pq type, default", the bounds, the words. */
static void
check_paragraph(guint i, const char *text)
{
	const char *path, *type, *def, *help;
	g_autofree char *head = NULL, *range = range_of(&jp_keys[i]);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 2);

	g_assert_true(jp_config_key(i, &path, &type, &def, &help));
	head = g_strdup_printf("%s Pq %s%s%s", path, type, *def != '\0' ? ", " : "", def);
	g_assert_cmpstr(lines[0], ==, head);
	if (strstr(text, range) == NULL)
		g_error("jobping.yaml.5: %s: does not say '%s'", path, range);
	if (jp_keys[i].type != JP_KEY_WORD)
		return; /* the kinds of boards are jp-board(1)'s to tell */
	for (const char *const *w = jp_keys[i].words; *w != NULL; w++) {
		g_autofree char *quoted = g_strdup_printf(".Ql %s", *w);

		if (strstr(text, quoted) == NULL)
			g_error("jobping.yaml.5: %s: does not tell '%s'", path, *w);
	}
}

static void
test_manual(void)
{
	g_autofree char *page = NULL;
	g_auto(GStrv) paragraphs = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_get_contents("man/jobping.yaml.5", &page, NULL, &error));
	/* The first piece is what stands before the keys. */
	paragraphs = g_strsplit(page, "\n.It Ic ", -1);
	for (guint i = 0; i < jp_n_keys; i++) {
		if (paragraphs[i + 1] == NULL)
			g_error("jobping.yaml.5: ends before %s", jp_keys[i].path);
		check_paragraph(i, paragraphs[i + 1]);
	}
	g_assert_cmpuint(g_strv_length(paragraphs), ==, jp_n_keys + 1);
}

/* The example of the manual, between .Bd and .Ed, is a configuration too. */
static void
test_manual_example(void)
{
	g_autofree char *page = NULL;
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(GError) error = NULL;
	const char *begin, *end;

	g_assert_true(g_file_get_contents("man/jobping.yaml.5", &page, NULL, NULL));
	begin =
	    strstr(strstr(page, ".Sh EXAMPLES"), "-offset indent\n") + strlen("-offset indent\n");
	end = strstr(begin, ".Ed\n");
	g_assert_true(
	    jp_config_parse(&conf, begin, (gsize)(end - begin), "manual", "/etc/jobping", &error));
	g_assert_no_error(error);
	g_assert_cmpstr(conf->mail.smtp.password_file, ==, "/etc/jobping/smtp-password");
	g_assert_cmpint(conf->mail.transport, ==, JP_TRANSPORT_SMTP);
}

static void
test_example(void)
{
	g_autofree char *text = NULL;
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(GError) error = NULL;
	gsize len;

	g_assert_true(g_file_get_contents("examples/jobping.yaml", &text, &len, &error));
	g_assert_true(jp_config_parse(&conf, text, len, "example", "/etc/jobping", &error));
	g_assert_no_error(error);
	g_assert_cmpstr(conf->site.url, ==, "https://jobs.example.org");
}

/* ---- values --------------------------------------------------------------------------------- */

struct value_case {
	const char *path, *text, *message; /* NULL: accepted */
};

static const struct value_case value_cases[] = {
    {"http.retries", "0", NULL},
    {"http.retries", "10", NULL},
    {"http.retries", "11", "'11' is not a whole number from 0 to 10"},
    {"http.retries", "-1", "'-1' is not a whole number from 0 to 10"},
    {"http.retries", "three", "'three' is not a whole number from 0 to 10"},
    {"http.retries", "1.0", "'1.0' is not a whole number from 0 to 10"},
    {"scrape.interval", "1m", NULL},
    {"scrape.interval", "7d", NULL},
    {"scrape.interval", "2h..12h", NULL},
    {"scrape.interval", "12h..2h", "'12h..2h': the first bound is above the second"},
    {"scrape.interval", "1h..8d", "'8d' is not between 1m and 1w"},
    {"scrape.interval", "59s", "'59s' is not between 1m and 1w"},
    {"scrape.interval", "8d", "'8d' is not between 1m and 1w"},
    {"scrape.interval", "6", "'6' is not a duration such as 90s, 15m, 2h or 7d"},
    {"http.min_interval", "0", NULL},
    {"http.max_body", "64MiB", NULL},
    {"http.max_body", "65MiB", "'65MiB' is not between 1024 and 67108864 bytes"},
    {"http.max_body", "64 MB", "'64 MB' is not a size such as 512KiB or 64MiB"},
    {"mail.transport", "mbox", NULL},
    {"mail.transport", "SMTP", "'SMTP' is not one of maildir, mbox, sendmail, smtp"},
    {"mail.held", "drop", "'drop' is not one of hold, resend"},
    {"site.url", "https://jobs.example.org:8443/path/", NULL},
    {"site.url", "http://[::1]:8080", NULL},
    {"site.url", "jobs.example.org", "not a URL that begins with https:// or http://"},
    {"site.url", "ftp://jobs.example.org", "not a URL that begins with https:// or http://"},
    {"site.url", "javascript:alert(1)", "not a URL that begins with https:// or http://"},
    {"site.url", "https://", "a URL without a host"},
    {"site.url", "https://x.example/?a=b", "a URL with something behind its path"},
    {"site.url", "https://x.example/#a", "a URL with something behind its path"},
    {"site.url", "https://me:secret@x.example",
	"a URL with a user's name in it; that is not supported"},
    {"site.url", "https://x.example/\nX: y", "a control character"},
    {"mail.from", "a@b.example", NULL},
    {"mail.from", "Anna <a@b.example>", "not an address such as jobs@example.org"},
    {"mail.from", "a@b@c", "not an address such as jobs@example.org"},
    {"mail.from", "a,b@c", "not an address such as jobs@example.org"},
    {"mail.from", "@c", "not an address such as jobs@example.org"},
    {"mail.from", "a@", "not an address such as jobs@example.org"},
    {"mail.from", "a@b\r\nBcc: c@d", "a control character"},
    {"mail.domain", "jobs.example.org", NULL},
    {"mail.domain", "-jobs.example", "not a host's name such as mail.example.org"},
    {"mail.domain", "jobs..example", "not a host's name such as mail.example.org"},
    {"mail.domain", "jobs example", "not a host's name such as mail.example.org"},
    {"mail.domain", "jobs.example.", "not a host's name such as mail.example.org"},
    {"mail.smtp.host", "127.0.0.1", NULL},
    {"mail.smtp.host", "mail.example:25", "not a host's name such as mail.example.org"},
    {"site.name", "J\303\266bs & more", NULL},
    {"site.name", "", "empty"},
    {"site.name", "two\nlines", "a control character"},
    {"site.name", "b\377d", "not UTF-8"},
    {"site.postal_address", "one\ntwo\n", NULL},
    {"site.postal_address", "one\ttwo", "a control character"},
    {"database", "x.db", NULL},
    {"database", "postgresql://host/db", NULL},
    {"database", "mysql://host/db",
	"neither a file's name nor a URL that begins with postgresql://"},
    {"http.allow", "a, b:80 ,10.0.0.0/8", NULL},
    {"http.allow", "a,,b", "element 2: empty"},
};

static void
test_values(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(value_cases); i++) {
		const struct value_case *c = &value_cases[i];
		g_autoptr(GError) error = NULL;
		g_autoptr(jp_config) conf = NULL;

		g_assert_true(jp_config_parse(&conf, "", 0, "none", "/site", NULL));
		if (jp_value_set(conf, jp_key_find(c->path), c->text, "/site", &error) !=
		    (c->message == NULL))
			g_error("%s: '%s'", c->path, c->text);
		if (c->message == NULL)
			continue;
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, c->message);
	}
}

/* One below and one above each bound of each number, and the bounds themselves. */
static void
test_bounds(void)
{
	g_autoptr(jp_config) conf = NULL;

	g_assert_true(jp_config_parse(&conf, "", 0, "none", "/site", NULL));
	for (guint i = 0; i < jp_n_keys; i++) {
		const struct jp_key *key = &jp_keys[i];
		gboolean is_time = key->type == JP_KEY_DURATION || key->type == JP_KEY_SPAN;
		const char *unit = is_time ? "ms" : "";
		const gint64 tries[] = {key->min, key->max, key->min - 1, key->max + 1};

		if (key->max == 0)
			continue;
		for (guint t = 0; t < G_N_ELEMENTS(tries); t++) {
			g_autofree char *text =
			    g_strdup_printf("%" G_GINT64_FORMAT "%s", tries[t], unit);

			if (jp_value_set(conf, key, text, "/site", NULL) != (t < 2))
				g_error("%s: %s", key->path, text);
		}
	}
}

static void
test_long(void)
{
	g_autofree char *name = g_strnfill(JP_MAX_NAME + 1, 'x');
	g_autofree char *url = g_strconcat("https://", NULL);
	g_autofree char *rest = g_strnfill(JP_MAX_URL, 'x');
	g_autofree char *long_url = g_strconcat(url, rest, NULL);
	g_autoptr(jp_config) conf = NULL;

	g_assert_true(jp_config_parse(&conf, "", 0, "none", "/site", NULL));
	g_assert_false(jp_value_set(conf, jp_key_find("site.name"), name, "/site", NULL));
	g_assert_true(jp_value_set(conf, jp_key_find("site.name"), name + 1, "/site", NULL));
	g_assert_false(jp_value_set(conf, jp_key_find("site.url"), long_url, "/site", NULL));
}

/* What jp_config_value shows of a database. */
static void
test_shown(void)
{
	static const char *const cases[][2] = {{"/site/x.db", "/site/x.db"},
	    {"postgresql://db.example/jobs", "postgresql://db.example/jobs"},
	    {"postgresql://me@db.example:5432/jobs", "postgresql://me@db.example:5432/jobs"},
	    {"postgresql://me:hunter2@db.example/jobs", "postgresql://me:***@db.example/jobs"},
	    {"postgres://me:hun:ter@2@db.example", "postgres://me:***@db.example"},
	    {"postgresql://me:hunter2@", "postgresql://me:***@"},
	    {"postgresql://x/y?password=hunter2", "postgresql://x/y?***"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_config) conf = NULL;
		g_autofree char *text = NULL;
		guint key = (guint)(jp_key_find("database") - jp_keys);

		g_assert_true(jp_config_parse(&conf, "", 0, "none", "/site", NULL));
		g_assert_true(jp_value_set(conf, &jp_keys[key], cases[i][0], "/site", NULL));
		text = jp_config_value(conf, key);
		g_assert_cmpstr(text, ==, cases[i][1]);
	}
}

/* What is shown of every key is accepted again. */
static void
test_shown_back(void)
{
	g_autoptr(jp_config) conf = NULL;
	guint n = 0;

	g_assert_true(jp_config_parse(&conf, "http: {allow: [a, b]}", 21, "one", "/site", NULL));
	for (guint i = 0; i < jp_n_keys; i++) {
		g_autofree char *text = jp_config_value(conf, i);
		g_autofree char *again = NULL;

		if (text == NULL)
			continue;
		g_assert_true(jp_value_set(conf, &jp_keys[i], text, "/elsewhere", NULL));
		again = jp_config_value(conf, i);
		g_assert_cmpstr(text, ==, again);
		n++;
	}
	g_assert_cmpuint(n, >, jp_n_keys / 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/keys/no two share a variable", test_variables);
	g_test_add_func("/config/keys/a variable's name", test_variable_name);
	g_test_add_func("/config/keys/table", test_table);
	g_test_add_func("/config/keys/table as told", test_public_table);
	g_test_add_func("/config/keys/L10 the manual has them all", test_manual);
	g_test_add_func("/config/keys/the manual's example is read", test_manual_example);
	g_test_add_func("/config/keys/the example is read", test_example);
	g_test_add_func("/config/keys/values", test_values);
	g_test_add_func("/config/keys/bounds", test_bounds);
	g_test_add_func("/config/keys/long texts", test_long);
	g_test_add_func("/config/keys/a database is shown without its password", test_shown);
	g_test_add_func("/config/keys/what is shown is accepted", test_shown_back);
	return g_test_run();
}

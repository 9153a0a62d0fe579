/* jobping.yaml as a whole: errors with their place, what follows from what, the environment, and
 * who may read and write the file. */
#include "config/config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static jp_config *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	g_assert_true(jp_config_parse(&conf, text, strlen(text), "t.yaml", "/site", &error));
	g_assert_no_error(error);
	return conf;
}

static void
test_refused(void)
{
	static const char *const cases[][2] = {
	    {"htp:\n  timeout: 3s\n", "1:1: unknown key htp; did you mean http?"},
	    {"http:\n  timeot: 3s\n", "2:3: unknown key http.timeot; did you mean http.timeout?"},
	    {"hunter2!: red\n", "1:1: this is no key; jobping.yaml(5) lists them"},
	    {"colour: red\n", "1:1: unknown key colour; jobping.yaml(5) lists them"},
	    {"http.timeout: 3s\n", "1:1: unknown key 'http.timeout'; keys are nested, not dotted"},
	    {"http:\n  timeout: 3\n",
		"2:12: http.timeout: '3' is not a duration such as 90s, 15m, 2h or 7d"},
	    {"http:\n  retries:\n    - 1\n",
		"3:5: http.retries: one value was expected, not a list or keys"},
	    {"http:\n  retries: {a: b}\n",
		"2:12: http.retries: one value was expected, not a list or keys"},
	    {"http: 3\n", "1:7: http: keys were expected below it"},
	    {"http:\n  allow: localhost\n", "2:10: http.allow: a list such as [a, b] was expected"},
	    {"http:\n  allow: [a, [b]]\n", "2:14: http.allow: a list of plain text was expected"},
	    {"http:\n  allow: [a, \"\"]\n", "2:10: http.allow: element 2: empty"},
	    {"scrape: {exempt: [feed]}",
		"1:18: scrape.exempt: element 1: \"feed\" is not of the form KIND: REASON"},
	    {"scrape: {exempt: ['feed:  ']}",
		"1:18: scrape.exempt: element 1: \"feed:  \" is not of the form KIND: REASON"},
	    {"scrape:\n  exempt:\n    - 'feed: mine'\n    - 'grenhouse: documented'\n",
		"3:5: scrape.exempt: element 2: there is no kind \"grenhouse\"; did you mean "
		"\"greenhouse\"?"},
	    {"site:\n  name: a\n  name: b\n", "3:3: the key 'name' is here twice"},
	    {"site:\n\tname: a\n", "2:1: a tab indents this line; YAML wants blanks"},
	    {"site: &s\n  name: a\n", "1:7: anchors are not used here"},
	    {"site: *s\n", "1:7: aliases are not used here"},
	    {"site: !!map\n  name: a\n", "1:7: tags are not used here"},
	    {"- a\n", "1:1: keys were expected, not a list"},
	    {"a word\n", "1:1: keys or a list were expected"},
	    {"a: 1\n---\nb: 2\n", "2:1: a second document"},
	    {"site:\n  name: \"open\n",
		"3:1: found unexpected end of stream while scanning a quoted "
		"scalar"},
	    {"# caf\303\251\nsite: {name: \303\251\377}\n", "2:15: invalid leading UTF-8 octet"},
	    {"site: {name: \"\001\"}\n", "1:15: control characters are not allowed"},
	    {"mail:\n  smtp:\n    password: hunter2\n",
		"3:5: mail.smtp.password: a password does not belong here; name a file of mode "
		"0600 in "
		"mail.smtp.password_file, or set JP_MAIL_SMTP_PASSWORD"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *expected = g_strconcat("t.yaml:", cases[i][1], NULL);
		jp_config *conf = NULL;

		g_assert_false(jp_config_parse(
		    &conf, cases[i][0], strlen(cases[i][0]), "t.yaml", "/site", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, expected);
		g_assert_null(conf);
	}
}

static void
test_together(void)
{
	static const char *const cases[][2] = {
	    {"mail: {retry_min: 5h}", "t.yaml: mail.retry_min is longer than mail.retry_max"},
	    {"mail: {retry_max: 5d}", "t.yaml: mail.retry_max is longer than mail.give_up"},
	    {"mail: {smtp: {user: me, tls: none}}",
		"t.yaml: mail.smtp.user is set and mail.smtp.tls is none: the password would be "
		"sent "
		"in clear; use implicit or starttls"},
	    {"mail: {sendmail: []}", "t.yaml: mail.sendmail is empty; give a command"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		jp_config *conf = NULL;

		g_assert_false(jp_config_parse(
		    &conf, cases[i][0], strlen(cases[i][0]), "t.yaml", "/site", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, cases[i][1]);
	}
}

static void
test_defaults(void)
{
	g_autoptr(jp_config) conf = parse("# nothing\n");

	g_assert_null(conf->path);
	g_assert_cmpstr(conf->dir, ==, "/site");
	g_assert_true(g_str_has_suffix(conf->database, "/jobping/jobping.db"));
	g_assert_true(g_str_has_suffix(conf->site.key_file, "/jobping/jobping.key"));
	g_assert_cmpstr(conf->site.name, ==, "JobPing");
	g_assert_null(conf->site.url);
	g_assert_null(conf->site.contact);
	g_assert_null(conf->site.postal_address);
	g_assert_cmpint(conf->http.timeout, ==, 30 * JP_SECOND);
	g_assert_cmpint(conf->http.connect_timeout, ==, 10 * JP_SECOND);
	g_assert_cmpint(conf->http.max_body, ==, 64 * JP_MIB);
	g_assert_cmpint(conf->http.max_connections, ==, 64);
	g_assert_cmpint(conf->http.per_host, ==, 1);
	g_assert_cmpint(conf->http.min_interval, ==, 2 * JP_SECOND);
	g_assert_cmpint(conf->http.retries, ==, 3);
	g_assert_null(conf->http.allow[0]);
	g_assert_cmpint(conf->http.per_hour, ==, 50);
	g_assert_cmpint(conf->http.per_day, ==, 500);
	g_assert_null(conf->http.limits[0]);
	g_assert_cmpint(conf->scrape.interval.min, ==, 2 * JP_HOUR);
	g_assert_cmpint(conf->scrape.interval.max, ==, 12 * JP_HOUR);
	g_assert_cmpint(conf->scrape.per_host, ==, 3);
	g_assert_cmpint(conf->scrape.in_flight, ==, 64);
	g_assert_cmpint(conf->scrape.feed_max_age, ==, 60 * JP_DAY);
	g_assert_cmpint(conf->match.min_score, ==, 30);
	g_assert_cmpint(conf->mail.transport, ==, JP_TRANSPORT_MAILDIR);
	g_assert_cmpstr(conf->mail.from, ==, "jobping@localhost");
	g_assert_cmpstr(conf->mail.domain, ==, "localhost");
	g_assert_cmpstr(conf->mail.from_name, ==, "JobPing");
	g_assert_cmpstr(conf->mail.sendmail[0], ==, "/usr/sbin/sendmail");
	g_assert_cmpint(conf->mail.held, ==, JP_HELD_HOLD);
	g_assert_cmpint(conf->mail.smtp.port, ==, 465);
	g_assert_cmpint(conf->mail.smtp.tls, ==, JP_TLS_IMPLICIT);
	g_assert_null(conf->mail.smtp.user);
	g_assert_null(conf->mail.smtp.password);
	g_assert_cmpint(conf->db.busy_timeout, ==, 30 * JP_SECOND);
}

static void
test_derived(void)
{
	g_autoptr(jp_config) conf = parse("database: data/x.db\n"
					  "site: {name: Gardens, url: https://jobs.example.org//}\n"
					  "boards:\n"
					  "  lever: http://127.0.0.1:8080/lever/\n"
					  "mail:\n"
					  "  from: digest@Jobs.Example\n"
					  "  mbox: /var/mail/jobs\n"
					  "  templates: ../templates\n"
					  "  smtp: {tls: starttls}\n"
					  "http:\n  retries:\n");
	g_autoptr(jp_config) plain = parse("mail: {smtp: {tls: none}}");
	g_autoptr(jp_config) odd = parse("mail: {smtp: {tls: none, port: 2525}}");
	g_autoptr(jp_config) postgres = parse("database: postgresql://db.example/jobs");

	g_assert_cmpstr(conf->database, ==, "/site/data/x.db");
	g_assert_cmpstr(conf->site.key_file, ==, "/site/data/jobping.key");
	g_assert_cmpstr(conf->site.url, ==, "https://jobs.example.org");
	g_assert_cmpstr(conf->boards.lever, ==, "http://127.0.0.1:8080/lever");
	g_assert_cmpstr(conf->mail.maildir, ==, "/site/data/maildir");
	g_assert_cmpstr(conf->mail.mbox, ==, "/var/mail/jobs");
	g_assert_cmpstr(conf->mail.templates, ==, "/templates");
	g_assert_cmpstr(conf->mail.domain, ==, "jobs.example");
	g_assert_cmpstr(conf->mail.from_name, ==, "Gardens");
	g_assert_cmpint(conf->mail.smtp.port, ==, 587);
	g_assert_cmpint(conf->http.retries, ==, 3); /* nothing behind the key */
	g_assert_cmpint(plain->mail.smtp.port, ==, 25);
	g_assert_cmpint(odd->mail.smtp.port, ==, 2525);
	g_assert_cmpstr(postgres->database, ==, "postgresql://db.example/jobs");
	g_assert_cmpstr(postgres->site.key_file, ==, "/site/jobping.key");
}

/* ---- files and the environment ------------------------------------------- */

/* Every case runs in a child of its own: GLib reads the environment's folders once. */
static gboolean
in_child(void)
{
	if (g_test_subprocess())
		return TRUE;
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	return FALSE;
}

/* Writes name into the folder, which the child makes for itself.  Free with g_free. */
static char *
put(const char *name, const char *text, int mode)
{
	char *path = g_build_filename(folder, name, NULL);
	g_autofree char *dir = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

static void
refused(const char *path, const char *suffix)
{
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	g_assert_false(jp_config_load(&conf, path, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	if (!g_str_has_suffix(error->message, suffix))
		g_error("'%s' does not end with '%s'", error->message, suffix);
}

static jp_config *
load(const char *path)
{
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	g_assert_true(jp_config_load(&conf, path, &error));
	g_assert_no_error(error);
	return conf;
}

static void
test_order(void)
{
	g_autofree char *given = NULL, *named = NULL, *own = NULL, *dir = NULL;
	jp_config *conf;

	if (!in_child())
		return;
	given = put("given.yaml", "site: {name: given}", 0644);
	named = put("named.yaml", "site: {name: named}", 0644);
	own = put("xdg/jobping/jobping.yaml", "site: {name: own}\nhttp: {retries: 7}\n", 0600);
	dir = g_path_get_dirname(own);
	g_setenv("JP_CONFIG", named, TRUE);
	conf = load(given);
	g_assert_cmpstr(conf->site.name, ==, "given");
	g_assert_cmpstr(conf->dir, ==, folder);
	jp_config_free(conf);
	conf = load(NULL);
	g_assert_cmpstr(conf->site.name, ==, "named");
	g_assert_cmpstr(conf->path, ==, named);
	jp_config_free(conf);
	g_setenv("JP_CONFIG", "", TRUE);
	g_setenv("JP_SITE_NAME", "from outside", TRUE);
	conf = load(NULL);
	g_assert_cmpstr(conf->path, ==, own);
	g_assert_cmpstr(conf->dir, ==, dir);
	g_assert_cmpstr(conf->site.name, ==, "from outside"); /* counts more than the file */
	g_assert_cmpint(conf->http.retries, ==, 7);
	jp_config_free(conf);
}

static void
test_missing(void)
{
	g_autofree char *path = NULL;
	jp_config *conf;

	if (!in_child())
		return;
	path = g_build_filename(folder, "missing.yaml", NULL);
	refused(path, "missing.yaml: No such file or directory");
	refused(folder, ": Is a directory");
	g_setenv("JP_CONFIG", path, TRUE);
	refused(NULL, "missing.yaml: No such file or directory");
	g_unsetenv("JP_CONFIG");
	conf = load(NULL);
	g_assert_null(conf->path);
	jp_config_free(conf);
}

static void
test_variables(void)
{
	g_autofree char *path = NULL, *cwd = NULL, *here = NULL;
	jp_config *conf;

	if (!in_child())
		return;
	path = put("c.yaml", "database: file.db\nhttp: {allow: [x]}\n", 0644);
	cwd = g_get_current_dir();
	here = g_build_filename(cwd, "here.db", NULL);
	g_setenv("JP_DATABASE", "here.db", TRUE);
	g_setenv("JP_HTTP_ALLOW", "localhost:8080, 10.0.0.0/8", TRUE);
	g_setenv("JP_MAIL_TRANSPORT", "mbox", TRUE);
	g_setenv("JP_HTTP_TIMEOUT", "", TRUE);
	g_setenv("JP_UNHEARD_OF", "x", TRUE);
	conf = load(path);
	g_assert_cmpstr(conf->database, ==, here);
	g_assert_cmpstr(conf->http.allow[0], ==, "localhost:8080");
	g_assert_cmpstr(conf->http.allow[1], ==, "10.0.0.0/8");
	g_assert_null(conf->http.allow[2]);
	g_assert_cmpint(conf->mail.transport, ==, JP_TRANSPORT_MBOX);
	g_assert_cmpint(conf->http.timeout, ==, 30 * JP_SECOND);
	jp_config_free(conf);
	g_setenv("JP_HTTP_TIMEOUT", "soon", TRUE);
	refused(path, "JP_HTTP_TIMEOUT: 'soon' is not a duration such as 90s, 15m, 2h or 7d");
}

static void
test_modes(void)
{
	g_autofree char *path = NULL, *secret = NULL, *query = NULL, *open = NULL;

	if (!in_child())
		return;
	path = put("m.yaml", "site: {name: a}", 0664);
	refused(path, "m.yaml: others can write it; use chmod go-w");
	g_chmod(path, 0646);
	refused(path, "m.yaml: others can write it; use chmod go-w");
	g_chmod(path, 0644);
	jp_config_free(load(path));
	secret = put("s.yaml", "database: postgresql://me:hunter2@db.example/jobs", 0640);
	refused(secret, "s.yaml: it holds a secret and others can read it; use chmod 600");
	g_chmod(secret, 0600);
	jp_config_free(load(secret));
	query = put("q.yaml", "database: postgresql://db.example/jobs?password=hunter2", 0644);
	refused(query, "use chmod 600");
	open = put("o.yaml", "database: postgresql://me@db.example/jobs", 0644);
	jp_config_free(load(open));
}

static void
test_password(void)
{
	g_autofree char *path = NULL, *file = NULL;
	jp_config *conf;

	if (!in_child())
		return;
	path = put("p.yaml", "mail: {smtp: {user: me, password_file: pass}}", 0644);
	refused(path, "/pass: No such file or directory");
	file = put("pass", "hunter two \n", 0600);
	conf = load(path);
	g_assert_cmpstr(conf->mail.smtp.password, ==, "hunter two ");
	jp_config_free(conf);
	g_chmod(file, 0640);
	refused(path, "/pass: it holds a secret and others can read it; use chmod 600");
	g_setenv("JP_MAIL_SMTP_PASSWORD", "outside", TRUE);
	conf = load(path); /* the file is not even looked at */
	g_assert_cmpstr(conf->mail.smtp.password, ==, "outside");
	jp_config_free(conf);
	g_unsetenv("JP_MAIL_SMTP_PASSWORD");
	g_free(put("pass", "\nhunter2\n", 0600));
	refused(path, "/pass: no password in its first line");
}

/* The operator's keys are found as the password is. */
static void
test_service_keys(void)
{
	g_autofree char *path = NULL, *file = NULL;
	jp_config *conf;

	if (!in_child())
		return;
	path = put("k.yaml", "keys: {reed_file: reed, adzuna_file: adzuna}", 0644);
	g_free(put("adzuna", "id:secret\n", 0600));
	file = put("reed", "opensesame\n", 0644);
	refused(path, "/reed: it holds a secret and others can read it; use chmod 600");
	g_chmod(file, 0600);
	g_setenv("JP_KEYS_JOOBLE", "outside", TRUE);
	conf = load(path);
	g_assert_cmpstr(conf->keys.reed.text, ==, "opensesame");
	g_assert_cmpstr(conf->keys.adzuna.text, ==, "id:secret");
	g_assert_cmpstr(conf->keys.jooble.text, ==, "outside");
	g_assert_null(conf->keys.usajobs.text);
	jp_config_free(conf);
	g_unsetenv("JP_KEYS_JOOBLE");
	g_free(put("reed", "\n", 0600));
	refused(path, "/reed: no key in its first line");
}

/* L06, promise 7: whatever is wrong with them, secrets are in no message. */
static void
test_no_secrets(void)
{
	static const char *const texts[] = {"database: mysql://me:hunter2@db.example/jobs",
	    "site: {url: 'https://me:hunter2@x.example'}", "mail: {smtp: {password: hunter2}}",
	    "boards: {lever: 'hunter2'}", "mail: {smtp: {password_file: \"hunter2\\n\"}}"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		jp_config *conf = NULL;

		g_assert_false(
		    jp_config_parse(&conf, texts[i], strlen(texts[i]), "t", "/site", &error));
		g_assert_null(strstr(error->message, "hunter2"));
	}
}

static void
test_too_large(void)
{
	g_autofree char *text = NULL, *path = NULL;

	if (!in_child())
		return;
	text = g_strnfill(JP_MAX_CONFIG + 1, '#');
	path = put("large.yaml", text, 0644);
	refused(path, "large.yaml: larger than 1048576 bytes");
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_tree(below);
	}
	g_remove(path);
}

int
main(int argc, char **argv)
{
	g_autofree char *xdg = NULL;
	int status;

	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("jp-config-XXXXXX", NULL);
	xdg = g_build_filename(folder, "xdg", NULL);
	g_setenv("XDG_CONFIG_HOME", xdg, TRUE);
	g_test_add_func("/config/file/refused with file, line and column", test_refused);
	g_test_add_func("/config/file/keys that do not go together", test_together);
	g_test_add_func("/config/file/defaults", test_defaults);
	g_test_add_func("/config/file/what follows from what", test_derived);
	g_test_add_func("/config/file/where it is looked for", test_order);
	g_test_add_func("/config/file/a named file must exist", test_missing);
	g_test_add_func("/config/file/variables", test_variables);
	g_test_add_func("/config/file/L08 who may write and read it", test_modes);
	g_test_add_func("/config/file/L06 the password", test_password);
	g_test_add_func("/config/file/P7-service-keys", test_service_keys);
	g_test_add_func("/config/file/L06 no secret in a message", test_no_secrets);
	g_test_add_func("/config/file/size is bounded", test_too_large);
	status = g_test_run();
	remove_tree(folder);
	g_free(folder);
	return status;
}

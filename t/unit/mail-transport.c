/*
 * Delivery into a Maildir, into an mbox file and through a command: once each, whatever happened
 * before, and nothing half-written.
 */
#include "mail/transport.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char *top; /* a folder of our own */

typedef struct seen {
	guint n;
	jp_transport_outcome outcome[16];
	char *reply[16];
} seen;

static void
on_done(const jp_transport_item *item, const jp_transport_result *result, gpointer data)
{
	seen *s = data;

	(void)item;
	g_assert_cmpuint(s->n, <, 16);
	s->outcome[s->n] = result->outcome;
	s->reply[s->n++] = g_strdup(result->reply);
}

static void
seen_clear(seen *s)
{
	for (guint i = 0; i < 16; i++)
		g_free(s->reply[i]);
	*s = (seen){0};
}

static jp_config *
config(const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	jp_config_parse(&conf, text, strlen(text), "test", top, &error);
	g_assert_no_error(error);
	return conf;
}

static jp_transport_item
item(const char *message_id, const char *bytes, gboolean is_recovery)
{
	return (jp_transport_item){.message = 1,
	    .message_id = message_id,
	    .from = "bounce+t@site.example",
	    .to = "ann@readers.example",
	    .bytes = bytes,
	    .len = strlen(bytes),
	    .is_recovery = is_recovery};
}

/* Sends one with a transport of its own, as another run would. */
static jp_transport_outcome
send_one(const jp_config *conf, jp_transport_item it, int *trouble)
{
	g_autoptr(GError) error = NULL;
	jp_transport *t = jp_transport_open(conf, &error);
	seen s = {0};
	jp_transport_outcome outcome;

	g_assert_no_error(error);
	t->send(t, &it, 1, on_done, &s);
	g_assert_cmpuint(s.n, ==, 1);
	outcome = s.outcome[0];
	if (trouble)
		*trouble = t->trouble ? t->trouble->code : 0;
	else
		g_assert_no_error(t->trouble);
	seen_clear(&s);
	jp_transport_free(t);
	return outcome;
}

static char *
path(const char *name)
{
	return g_build_filename(top, name, NULL);
}

static char *
read_file(const char *name)
{
	g_autofree char *p = path(name);
	char *text = NULL;

	(void)g_file_get_contents(p, &text, NULL, NULL); /* NULL: there is none */
	return text;
}

static void
write_file(const char *name, const char *text)
{
	g_autofree char *p = path(name);

	g_assert_true(g_file_set_contents(p, text, -1, NULL));
}

static guint
count_files(const char *folder)
{
	g_autofree char *p = path(folder);
	g_autoptr(GDir) d = g_dir_open(p, 0, NULL);
	guint n = 0;

	while (d && g_dir_read_name(d))
		n++;
	return n;
}

static void
empty(const char *folder)
{
	g_autofree char *p = g_build_filename(top, folder, NULL);
	GDir *d = g_dir_open(p, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *file = g_build_filename(folder, name, NULL);
		g_autofree char *full = path(file);

		if (g_file_test(full, G_FILE_TEST_IS_DIR))
			empty(file);
		else
			g_assert_cmpint(g_unlink(full), ==, 0);
	}
	g_clear_pointer(&d, g_dir_close);
	g_assert_cmpint(g_rmdir(p), ==, 0);
}

static void
setup(void)
{
	g_autoptr(GError) error = NULL;

	top = g_dir_make_tmp("jp-transport-XXXXXX", &error);
	g_assert_no_error(error);
}

static void
teardown(void)
{
	empty("");
	g_clear_pointer(&top, g_free);
}

static const char mail[] = "Message-ID: <m1@site.example>\r\nSubject: one\r\n\r\nhello\r\n";

/* ---- Maildir ------------------------------------------------------------------------------ */

static const char maildir_conf[] = "mail:\n  transport: maildir\n  maildir: box/mail\n";

static char *
maildir_file(const char *folder, const char *message_id)
{
	g_autofree char *name = jp_maildir_name(message_id);

	return g_build_filename("box/mail", folder, name, NULL);
}

static void
test_maildir(void)
{
	setup();
	g_autoptr(jp_config) conf = config(maildir_conf);
	g_autofree char *file = maildir_file("new", "m1@site.example");

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_autofree char *text = read_file(file);
	g_assert_cmpstr(text, ==, mail);
	g_assert_cmpuint(count_files("box/mail/tmp"), ==, 0);
	g_assert_cmpuint(count_files("box/mail/cur"), ==, 0);
	g_assert_cmpint(
	    send_one(conf, item("m2@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_files("box/mail/new"), ==, 2);
	teardown();
}

/* M02 and promise 2: the same Message-ID is the same file, before and after a reader saw it. */
static void
test_maildir_once(void)
{
	setup();
	g_autoptr(jp_config) conf = config(maildir_conf);
	g_autofree char *in_new = maildir_file("new", "m1@site.example");
	g_autofree char *in_cur = maildir_file("cur", "m1@site.example");
	g_autofree char *from = path(in_new);
	g_autofree char *to_plain = path(in_cur);
	g_autofree char *to = g_strconcat(to_plain, ":2,S", NULL);

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_files("box/mail/new"), ==, 1);
	g_assert_cmpint(g_rename(from, to), ==, 0);
	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_files("box/mail/new"), ==, 0);
	g_assert_cmpuint(count_files("box/mail/cur"), ==, 1);
	teardown();
}

/* What a killed run left in tmp/ goes away when its message is delivered after all. */
static void
test_maildir_leftover(void)
{
	setup();
	g_autoptr(jp_config) conf = config(maildir_conf);
	g_autofree char *name = jp_maildir_name("m2@site.example");
	g_autofree char *left = g_strdup_printf("box/mail/tmp/%s.00c0ffee", name);

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	write_file(left, "Message-ID: <m2@si");
	g_assert_cmpint(
	    send_one(conf, item("m2@site.example", mail, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_files("box/mail/tmp"), ==, 0);
	g_assert_cmpuint(count_files("box/mail/new"), ==, 2);
	teardown();
}

static void
limit_size(rlim_t max)
{
	struct rlimit r;

	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &r), ==, 0);
	r.rlim_cur = max;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &r), ==, 0);
}

/* Promise 8, with a limit on the size of files in the place of a full disk. */
static void
test_full(gconstpointer data)
{
	const char *text = data;
	g_autoptr(GString) big = g_string_new("Message-ID: <big@site.example>\r\n\r\n");
	int trouble = 0;

	while (big->len < 100000)
		g_string_append(big, "0123456789\r\n");
	setup();
	g_autoptr(jp_config) conf = config(text);

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	limit_size(50000);
	g_assert_cmpint(send_one(conf, item("big@site.example", big->str, FALSE), &trouble), ==,
	    JP_TRANSPORT_RETRY);
	limit_size(RLIM_INFINITY);
	g_assert_cmpint(trouble, ==, JP_ERROR_TEMP);
	g_assert_cmpuint(count_files("box/mail/tmp"), ==, 0);
	g_assert_cmpuint(count_files("box/mail/new"), <=, 1);
	g_autofree char *before = read_file("box.mbox");
	g_assert_true(!before || g_str_has_suffix(before, "\nhello\n\n"));
	g_assert_cmpint(
	    send_one(conf, item("big@site.example", big->str, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	teardown();
}

/* Trouble with the folder: nothing further is tried, everything is given back. */
static void
test_maildir_trouble(void)
{
	seen s = {0};

	setup();
	write_file("box", "a file in the way");
	g_autoptr(jp_config) conf = config(maildir_conf);
	g_autoptr(jp_transport) t = jp_transport_open(conf, NULL);
	const jp_transport_item items[] = {item("m1@site.example", mail, FALSE),
	    item("m2@site.example", mail, FALSE), item("m3@site.example", mail, FALSE)};

	t->send(t, items, 3, on_done, &s);
	g_assert_cmpuint(s.n, ==, 3);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_NOT_TRIED);
	g_assert_cmpint(s.outcome[2], ==, JP_TRANSPORT_NOT_TRIED);
	g_assert_nonnull(t->trouble);
	seen_clear(&s);
	teardown();
}

/* ---- mbox --------------------------------------------------------------------------------- */

static const char mbox_conf[] = "mail:\n  transport: mbox\n  mbox: box.mbox\n";

static void
test_mbox_entry(void)
{
	static const char in[] = "Subject: x\r\n\r\nFrom here\r\n>From there\r\n>>From\r\nFrom\r\n"
				 " From me\r\nlast";
	g_autoptr(GString) out =
	    jp_mbox_entry("b@site.example", G_GINT64_CONSTANT(1767323045000), in, sizeof(in) - 1);

	g_assert_cmpstr(out->str, ==,
	    "From b@site.example Fri Jan  2 03:04:05 2026\n"
	    "Subject: x\n\n>From here\n>>From there\n>>From\nFrom\n From me\nlast\n\n");
}

static guint
count_in(const char *name, const char *what)
{
	g_autofree char *text = read_file(name);
	guint n = 0;

	for (const char *p = text; p && (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void
test_mbox(void)
{
	setup();
	g_autoptr(jp_config) conf = config(mbox_conf);

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_in("box.mbox", "Message-ID:"), ==, 1);
	g_autofree char *again = g_strdup("Message-ID: <m2@site.example>\r\n\r\nworld\r\n");
	g_assert_cmpint(
	    send_one(conf, item("m2@site.example", again, TRUE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(count_in("box.mbox", "Message-ID:"), ==, 2);
	g_autofree char *journal = read_file("box.mbox.journal");
	g_assert_null(journal);
	teardown();
}

/* A crash at each byte of an entry: it is cut off, and stands there once in the end. */
static void
test_mbox_crash(void)
{
	static const char other[] = "From x@y Fri Jan  2 03:04:05 2026\nSubject: old\n\nbody\n\n";
	g_autoptr(GString) entry = jp_mbox_entry("bounce+t@site.example", 0, mail, strlen(mail));

	setup();
	g_autoptr(jp_config) conf = config(mbox_conf);
	g_autofree char *journal = g_strdup_printf("%zu\n%s", strlen(other), entry->str);

	for (gsize cut = 0; cut <= entry->len; cut++) {
		g_autofree char *part = g_strndup(entry->str, cut);
		g_autofree char *file = g_strconcat(other, part, NULL);
		g_autofree char *text = NULL;

		write_file("box.mbox", file);
		write_file("box.mbox.journal", journal);
		g_assert_cmpint(send_one(conf, item("m1@site.example", mail, TRUE), NULL), ==,
		    JP_TRANSPORT_SENT);
		text = read_file("box.mbox");
		g_assert_true(g_str_has_prefix(text, other));
		g_assert_true(
		    g_str_has_prefix(text + strlen(other), "From bounce+t@site.example "));
		g_assert_cmpuint(count_in("box.mbox", "\nFrom "), ==, 1);
		g_assert_cmpuint(count_in("box.mbox", "<m1@site.example>"), ==, 1);
		g_assert_cmpuint(count_in("box.mbox", "hello"), ==, 1);
	}
	teardown();
}

/* An old journal does not cut into what somebody else put there since. */
static void
test_mbox_foreign(void)
{
	static const char other[] = "From x@y Fri Jan  2 03:04:05 2026\nSubject: other\n\nbody\n\n";
	g_autoptr(GString) entry = jp_mbox_entry("bounce+t@site.example", 0, mail, strlen(mail));

	setup();
	g_autoptr(jp_config) conf = config(mbox_conf);
	g_autofree char *journal = g_strdup_printf("5\n%s", entry->str);

	write_file("box.mbox", other);
	write_file("box.mbox.journal", journal);
	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_autofree char *text = read_file("box.mbox");
	g_assert_true(g_str_has_prefix(text, other));
	teardown();
}

/* TRUE once the process has the file open. */
static gboolean
has_open(pid_t pid, const char *file)
{
	g_autofree char *folder = g_strdup_printf("/proc/%d/fd", (int)pid);
	g_autoptr(GDir) d = g_dir_open(folder, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *link = g_build_filename(folder, name, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);

		if (g_strcmp0(target, file) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Holds the lock until the parent has come to the file, then writes and goes. */
static G_GNUC_NORETURN void
hold_lock(const char *file, int ready)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(file, O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a parent that failed never comes */
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 || write(ready, "x", 1) != 1)
		_exit(1);
	while (!has_open(getppid(), file))
		;
	_exit(write(fd, "From a\n\n", 8) == 8 ? 0 : 1);
}

/* While another program holds the lock, delivery waits. */
static void
test_mbox_lock(void)
{
	int ready[2];
	pid_t pid;
	char byte;

	setup();
	g_autoptr(jp_config) conf = config(mbox_conf);
	g_autofree char *p = path("box.mbox");

	write_file("box.mbox", "");
	g_assert_cmpint(pipe(ready), ==, 0);
	pid = fork();
	if (pid == 0)
		hold_lock(p, ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	close(ready[0]);
	close(ready[1]);
	g_autofree char *text = read_file("box.mbox");
	g_assert_true(g_str_has_prefix(text, "From a\n\nFrom bounce+"));
	teardown();
}

/* ---- sendmail ----------------------------------------------------------------------------- */

static void
test_argv(void)
{
	char *plain[] = {(char *)(gpointer) "/usr/sbin/sendmail", NULL};
	char *own[] = {(char *)(gpointer) "msmtp", (char *)(gpointer) "--from={sender}",
	    (char *)(gpointer) "--", (char *)(gpointer) "{recipient}", NULL};
	g_auto(GStrv) a = jp_sendmail_argv(plain, "s@x", "r@y");
	g_auto(GStrv) b = jp_sendmail_argv(own, "s@x", "r@y");
	g_autofree char *as = g_strjoinv(" ", a);
	g_autofree char *bs = g_strjoinv(" ", b);

	g_assert_cmpstr(as, ==, "/usr/sbin/sendmail -i -f s@x -- r@y");
	g_assert_cmpstr(bs, ==, "msmtp --from=s@x -- r@y");
}

static void
test_statuses(void)
{
	g_assert_cmpint(jp_sendmail_outcome(0), ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(jp_sendmail_outcome(67), ==, JP_TRANSPORT_FAILED);
	g_assert_cmpint(jp_sendmail_outcome(69), ==, JP_TRANSPORT_FAILED);
	g_assert_cmpint(jp_sendmail_outcome(75), ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(jp_sendmail_outcome(71), ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(jp_sendmail_outcome(127), ==, JP_TRANSPORT_RETRY);
}

/* The command is a shell script here; its arguments are ours. */
static jp_config *
command(const char *script)
{
	jp_config *conf = config("mail:\n  transport: sendmail\n");
	const char *argv[] = {"/bin/sh", "-c", script, "sendmail", NULL};

	g_strfreev(conf->mail.sendmail);
	conf->mail.sendmail = g_strdupv((char **)(gpointer)argv);
	return conf;
}

static void
test_sendmail(void)
{
	setup();
	g_autofree char *script =
	    g_strdup_printf("echo \"$@\" >%s/args; cat >%s/mail; echo no", top, top);
	g_autoptr(jp_config) conf = command(script);

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), NULL), ==, JP_TRANSPORT_SENT);
	g_autofree char *args = read_file("args");
	g_autofree char *text = read_file("mail");
	g_assert_cmpstr(args, ==, "-i -f bounce+t@site.example -- ann@readers.example\n");
	g_assert_cmpstr(text, ==, mail);
	teardown();
}

static void
test_sendmail_ends(void)
{
	static const struct {
		const char *script;
		jp_transport_outcome outcome;
		const char *reply;
	} cases[] = {
	    {"echo busy >&2; exit 75", JP_TRANSPORT_RETRY, "exit status 75: busy"},
	    {"echo 'no such'; echo user >&2; exit 67", JP_TRANSPORT_FAILED, "exit status 67: user"},
	    {"kill -9 $$", JP_TRANSPORT_UNKNOWN, "the command was ended by signal 9"},
	    {"head -c 100000 /dev/zero >&2; exit 75", JP_TRANSPORT_RETRY, NULL},
	    {"sleep 5 2>/dev/null & exit 0", JP_TRANSPORT_SENT, "exit status 0"},
	};

	setup();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_config) conf = command(cases[i].script);
		g_autoptr(jp_transport) t = jp_transport_open(conf, NULL);
		jp_transport_item it = item("m1@site.example", mail, FALSE);
		seen s = {0};

		t->send(t, &it, 1, on_done, &s);
		g_assert_cmpint(s.outcome[0], ==, cases[i].outcome);
		if (cases[i].reply)
			g_assert_cmpstr(s.reply[0], ==, cases[i].reply);
		g_assert_cmpuint(strlen(s.reply[0]), <, 4000);
		g_assert_no_error(t->trouble);
		seen_clear(&s);
	}
	teardown();
}

/* A command that reads nothing does not end us, and one that is missing is the operator's
 * trouble. */
static void
test_sendmail_missing(void)
{
	int trouble = 0;

	setup();
	g_autoptr(jp_config) conf =
	    config("mail:\n  transport: sendmail\n  sendmail: [/nowhere/x]\n");

	g_assert_cmpint(
	    send_one(conf, item("m1@site.example", mail, FALSE), &trouble), ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(trouble, ==, JP_ERROR_UNAVAILABLE);
	teardown();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	jp_init("mail-transport");
	g_test_add_func("/mail/maildir/delivers", test_maildir);
	g_test_add_func("/mail/maildir/exactly once", test_maildir_once);
	g_test_add_func("/mail/maildir/cleans what a kill left", test_maildir_leftover);
	g_test_add_func("/mail/maildir/trouble gives the rest back", test_maildir_trouble);
	g_test_add_data_func("/mail/maildir/a full disk leaves nothing", maildir_conf, test_full);
	g_test_add_data_func("/mail/mbox/a full disk leaves nothing", mbox_conf, test_full);
	g_test_add_func("/mail/mbox/entry", test_mbox_entry);
	g_test_add_func("/mail/mbox/delivers once", test_mbox);
	g_test_add_func("/mail/mbox/a crash at each byte", test_mbox_crash);
	g_test_add_func("/mail/mbox/others' mail is left alone", test_mbox_foreign);
	g_test_add_func("/mail/mbox/waits for the lock", test_mbox_lock);
	g_test_add_func("/mail/sendmail/arguments", test_argv);
	g_test_add_func("/mail/sendmail/statuses", test_statuses);
	g_test_add_func("/mail/sendmail/delivers", test_sendmail);
	g_test_add_func("/mail/sendmail/ends", test_sendmail_ends);
	g_test_add_func("/mail/sendmail/missing", test_sendmail_missing);
	return g_test_run();
}

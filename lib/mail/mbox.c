/*
 * Delivery into an mbox file ("mboxrd" quoting), under a kernel lock and synced.  What a crash
 * leaves half-written at the end is cut off by the next delivery: before anything is appended, a
 * journal beside the file (PATH.journal) holds it and tells where it will stand.  On a repeated try
 * the file is searched for the Message-ID first, so a message stands in it once.
 */
#include "mail/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long another program may hold the file, and how often it is asked for. */
#define LOCK_WAIT_MS 20000
#define LOCK_STEP_MS 20

typedef struct mbox {
	jp_transport base;
	char *path, *journal;
} mbox;

/* ---- the entry, pure ---------------------------------------------------------------------- */

static gboolean
needs_quoting(const char *line, gsize len)
{
	gsize i = 0;

	while (i < len && line[i] == '>')
		i++;
	return len - i >= 5 && memcmp(line + i, "From ", 5) == 0;
}

/* "Thu Jan  1 00:00:00 1970": what asctime() gives, whatever the locale. */
static void
append_asctime(GString *out, gint64 now)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(now / JP_SECOND);

	g_return_if_fail(t);
	g_string_append_printf(out, "%s %s %2d %02d:%02d:%02d %d",
	    days[g_date_time_get_day_of_week(t) - 1], months[g_date_time_get_month(t) - 1],
	    g_date_time_get_day_of_month(t), g_date_time_get_hour(t), g_date_time_get_minute(t),
	    g_date_time_get_second(t), g_date_time_get_year(t));
}

GString *
jp_mbox_entry(const char *from, gint64 now, const char *bytes, gsize len)
{
	GString *out = g_string_sized_new(len + 128);
	const char *end = bytes + len;

	g_string_append_printf(out, "From %s ", from);
	append_asctime(out, now);
	g_string_append_c(out, '\n');
	while (bytes < end) {
		const char *nl = memchr(bytes, '\n', (gsize)(end - bytes));
		gsize n = (gsize)((nl ? nl : end) - bytes);
		gsize kept = n > 0 && bytes[n - 1] == '\r' ? n - 1 : n;

		if (needs_quoting(bytes, kept))
			g_string_append_c(out, '>');
		g_string_append_len(out, bytes, (gssize)kept);
		g_string_append_c(out, '\n');
		bytes = nl ? nl + 1 : end;
	}
	g_string_append_c(out, '\n');
	return out;
}

/* ---- the file ----------------------------------------------------------------------------- */

/* An open-file-description lock on the whole file; others' fcntl locks are respected. */
static gboolean
lock_file(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	guint waited;

	for (waited = 0; fcntl(fd, F_OFD_SETLK, &lock) != 0; waited += LOCK_STEP_MS) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return FALSE;
		if (waited >= LOCK_WAIT_MS || jp_stopping()) {
			errno = EAGAIN;
			return FALSE;
		}
		g_usleep(LOCK_STEP_MS * 1000);
	}
	return TRUE;
}

/* A new file's name must be as durable as what is written into it. */
static gboolean
sync_parent(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd); /* only read through */
	return ok;
}

/* The journal: "START\n" and the whole entry that is to stand there. */
static gboolean
journal_write(const mbox *m, gint64 start, const GString *entry, GError **error)
{
	g_autoptr(GString) text = g_string_sized_new(entry->len + 32);

	g_string_printf(text, "%" G_GINT64_FORMAT "\n", start);
	g_string_append_len(text, entry->str, (gssize)entry->len);
	return jp_file_write(m->journal, text->str, text->len, 0600, error);
}

/* TRUE when the file's bytes from start to size are the beginning of the entry, and not
 * all of it. */
static gboolean
is_cut_off(int fd, gint64 start, gint64 size, const char *entry, gsize len)
{
	gint64 there = size - start;
	g_autofree char *bytes = NULL;

	if (there <= 0 || there >= (gint64)len)
		return FALSE;
	bytes = g_malloc((gsize)there);
	return pread(fd, bytes, (gsize)there, start) == there &&
	    memcmp(bytes, entry, (gsize)there) == 0;
}

/* Under the lock: cuts off an entry that a crash left incomplete.  Anything else that stands there
 * now is somebody's mail and is left alone. */
static gboolean
repair(const mbox *m, int fd, GError **error)
{
	g_autofree char *text = NULL;
	char *entry;
	gint64 start;
	struct stat st;
	gsize len;

	if (!g_file_test(m->journal, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!jp_file_read(m->journal, 3 * JP_MAX_MESSAGE, &text, &len, error))
		return FALSE;
	if (fstat(fd, &st) != 0)
		return jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	entry = memchr(text, '\n', len);
	if (entry) {
		*entry++ = '\0';
		if (jp_int_parse(text, 0, G_MAXINT64 / 2, &start) &&
		    is_cut_off(fd, start, st.st_size, entry, len - (gsize)(entry - text)) &&
		    (ftruncate(fd, start) != 0 || fsync(fd) != 0))
			return jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	}
	if (unlink(m->journal) != 0 && errno != ENOENT)
		return jp_error_errno(error, errno, "mail.mbox: %s", m->journal);
	return TRUE;
}

/* Opens, locks and repairs the file; -1 on error.  Closing it gives the lock back. */
static int
open_mbox(const mbox *m, GError **error)
{
	int fd = open(m->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		jp_error_errno(error, errno, "mail.mbox: %s", m->path);
		return -1;
	}
	if (!lock_file(fd))
		jp_error_errno(error, errno, "mail.mbox: %s: cannot be locked", m->path);
	else if (!sync_parent(m->path))
		jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	else if (repair(m, fd, error))
		return fd;
	(void)close(fd); /* nothing was written */
	return -1;
}

/* Looks for a header line "Message-ID: <id>" in the file. */
static gboolean
find_message(const mbox *m, int fd, const char *message_id, gboolean *found, GError **error)
{
	g_autofree char *want = g_strdup_printf("<%s>", message_id);
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "r");
	char *line = NULL;
	size_t room = 0;
	gboolean ok;

	*found = FALSE;
	if (!f)
		return jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	rewind(f);
	while (!*found && getline(&line, &room, f) > 0)
		*found = g_ascii_strncasecmp(line, "Message-ID:", 11) == 0 &&
		    strcmp(g_strstrip(line + 11), want) == 0;
	ok = !ferror(f);
	if (!ok)
		jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	free(line);
	(void)fclose(f); /* a reader */
	return ok;
}

/* Appends the entry, or leaves the file as it was. */
static gboolean
append(const mbox *m, int fd, const GString *entry, GError **error)
{
	struct stat st;
	int err;

	if (fstat(fd, &st) != 0)
		return jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	if (!journal_write(m, st.st_size, entry, error))
		return FALSE;
	if (!jp_transport_write(fd, entry->str, entry->len) || fsync(fd) != 0) {
		err = errno;
		if (ftruncate(fd, st.st_size) == 0)
			(void)unlink(m->journal); /* else the next delivery repairs */
		return jp_error_errno(error, err, "mail.mbox: %s", m->path);
	}
	if (unlink(m->journal) != 0)
		return jp_error_errno(error, errno, "mail.mbox: %s", m->journal);
	return TRUE;
}

/* Under the lock: the message stands in the file once, whoever put it there. */
static gboolean
deliver_locked(const mbox *m, int fd, const jp_transport_item *item, GError **error)
{
	g_autoptr(GString) entry = NULL;
	gboolean found = FALSE;

	if (item->is_recovery && !find_message(m, fd, item->message_id, &found, error))
		return FALSE;
	if (found)
		return TRUE;
	entry = jp_mbox_entry(item->from, jp_now(), item->bytes, item->len);
	return append(m, fd, entry, error);
}

static gboolean
deliver(const mbox *m, const jp_transport_item *item, GError **error)
{
	int fd = open_mbox(m, error);
	gboolean ok;

	if (fd < 0)
		return FALSE;
	ok = deliver_locked(m, fd, item, error);
	if (close(fd) != 0 && ok)
		ok = jp_error_errno(error, errno, "mail.mbox: %s", m->path);
	return ok;
}

static void
mbox_send(
    jp_transport *t, const jp_transport_item *items, guint n, jp_transport_done done, gpointer data)
{
	const mbox *m = (const mbox *)t;
	guint i;

	for (i = 0; i < n && jp_transport_may_start(t); i++) {
		g_autoptr(GError) error = NULL;

		if (deliver(m, &items[i], &error)) {
			jp_transport_tell(&items[i], JP_TRANSPORT_SENT, 0, "delivered", done, data);
			continue;
		}
		jp_transport_tell(&items[i], JP_TRANSPORT_RETRY, 0, error->message, done, data);
		jp_transport_set_trouble(t, g_steal_pointer(&error));
	}
	jp_transport_give_back(items, i, n, done, data);
}

static void
mbox_free(jp_transport *t)
{
	mbox *m = (mbox *)t;

	g_free(m->path);
	g_free(m->journal);
	g_free(m);
}

jp_transport *
jp_mbox_open(const jp_config *conf, GError **error)
{
	mbox *m;

	if (!*conf->mail.mbox) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail.mbox is not set; give the file that mails are appended to");
		return NULL;
	}
	m = g_new0(mbox, 1);
	m->base = (jp_transport){.name = "mbox",
	    .is_idempotent = TRUE,
	    .batch = 50,
	    .item_limit = LOCK_WAIT_MS + 10 * JP_SECOND,
	    .send = mbox_send,
	    .free = mbox_free};
	m->path = g_strdup(conf->mail.mbox);
	m->journal = g_strconcat(m->path, ".journal", NULL);
	return &m->base;
}

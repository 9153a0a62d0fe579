/*
 * Delivery into a Maildir: written and synced in tmp/, then renamed into new/.  The name is made
 * from the Message-ID, so that a message delivered again after a crash lands on itself: exactly
 * once.  On a repeated try new/ and cur/ are looked at first, for a reader may have moved the
 * message on.
 */
#include "mail/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct maildir {
	jp_transport base;
	char *path;
	int tmp, new, cur; /* folders; -1 until the first message */
} maildir;

char *
jp_maildir_name(const char *message_id)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, message_id, -1);

	sum[32] = '\0';
	return g_strconcat(sum, ".jobping", NULL);
}

static void
close_folder(int fd)
{
	if (fd >= 0)
		(void)close(fd); /* only ever read through */
}

static int
open_folder(const char *path, const char *name, GError **error)
{
	g_autofree char *folder = g_build_filename(path, name, NULL);
	int fd;

	if (!jp_dir_make(folder, error)) {
		g_prefix_error(error, "mail.maildir: ");
		return -1;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		jp_error_errno(error, errno, "mail.maildir: %s", folder);
	return fd;
}

/* Makes what is missing of the Maildir; nothing is made before there is a message. */
static gboolean
maildir_ready(maildir *m, GError **error)
{
	int top;
	gboolean ok;

	if (m->new >= 0)
		return TRUE;
	if (m->tmp < 0 && (m->tmp = open_folder(m->path, "tmp", error)) < 0)
		return FALSE;
	if (m->cur < 0 && (m->cur = open_folder(m->path, "cur", error)) < 0)
		return FALSE;
	if ((m->new = open_folder(m->path, "new", error)) < 0)
		return FALSE;
	/* The three names must be as durable as what is put below them. */
	top = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = top >= 0 && fsync(top) == 0;
	if (!ok)
		jp_error_errno(error, errno, "mail.maildir: %s", m->path);
	close_folder(top);
	return ok;
}

/* Looks for a file called name, or name with a suffix after `mark`. */
static gboolean
scan_folder(
    const maildir *m, const char *folder, const char *name, char mark, char **found, GError **error)
{
	g_autofree char *path = g_build_filename(m->path, folder, NULL);
	g_autoptr(GError) why = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &why);
	gsize len = strlen(name);
	const char *file;

	*found = NULL;
	if (!dir) {
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "mail.maildir: %s", why->message);
		return FALSE;
	}
	while (!*found && (file = g_dir_read_name(dir)))
		if (strncmp(file, name, len) == 0 && (file[len] == '\0' || file[len] == mark))
			*found = g_strdup(file);
	return TRUE;
}

/* A reader moves from new/ to cur/, so that looking in this order misses nothing. */
static gboolean
find_delivered(const maildir *m, const char *name, gboolean *is_there, GError **error)
{
	g_autofree char *found = NULL;
	struct stat st;

	*is_there = fstatat(m->new, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*is_there && errno != ENOENT)
		return jp_error_errno(error, errno, "mail.maildir: %s/new", m->path);
	if (!*is_there && !scan_folder(m, "cur", name, ':', &found, error))
		return FALSE;
	*is_there = *is_there || found;
	return TRUE;
}

/* What a killed run left in tmp/ of this message. */
static gboolean
clean_tmp(const maildir *m, const char *name, GError **error)
{
	for (;;) {
		g_autofree char *found = NULL;

		if (!scan_folder(m, "tmp", name, '.', &found, error))
			return FALSE;
		if (!found)
			return TRUE;
		if (unlinkat(m->tmp, found, 0) != 0 && errno != ENOENT)
			return jp_error_errno(error, errno, "mail.maildir: %s/tmp", m->path);
	}
}

/* Writes tmp/file; FALSE with errno, leaving nothing. */
static gboolean
write_tmp(const maildir *m, const char *file, const jp_transport_item *item)
{
	int fd = openat(m->tmp, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	gboolean ok;
	int err;

	if (fd < 0)
		return FALSE;
	ok = jp_transport_write(fd, item->bytes, item->len) && fsync(fd) == 0;
	err = errno;
	if (close(fd) != 0 && ok) {
		ok = FALSE;
		err = errno;
	}
	if (!ok)
		(void)unlinkat(m->tmp, file, 0); /* the error that counts is already known */
	errno = err;
	return ok;
}

static gboolean
deliver(const maildir *m, const jp_transport_item *item, GError **error)
{
	g_autofree char *name = jp_maildir_name(item->message_id);
	g_autofree char *file = NULL;
	gboolean is_there = FALSE;
	guint32 unique;

	if (item->is_recovery && !find_delivered(m, name, &is_there, error))
		return FALSE;
	if (is_there)
		return TRUE;
	if (item->is_recovery && !clean_tmp(m, name, error))
		return FALSE;
	jp_random_bytes(&unique, sizeof(unique));
	file = g_strdup_printf("%s.%08x", name, unique);
	if (!write_tmp(m, file, item))
		return jp_error_errno(error, errno, "mail.maildir: %s/tmp", m->path);
	if (renameat(m->tmp, file, m->new, name) != 0) {
		int err = errno;

		(void)unlinkat(m->tmp, file, 0); /* as above */
		return jp_error_errno(error, err, "mail.maildir: %s/new", m->path);
	}
	return TRUE;
}

/* Makes the names in new/ durable and tells of the first n messages. */
static void
tell_delivered(
    maildir *m, const jp_transport_item *items, guint n, jp_transport_done done, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (n > 0 && fsync(m->new) != 0)
		jp_error_errno(&error, errno, "mail.maildir: %s/new", m->path);
	for (guint i = 0; i < n; i++)
		jp_transport_tell(&items[i], error ? JP_TRANSPORT_RETRY : JP_TRANSPORT_SENT, 0,
		    error ? error->message : "delivered", done, data);
	if (error)
		jp_transport_set_trouble(&m->base, g_steal_pointer(&error));
}

/* A batch shares one flush of the folder: a flush is what a delivery takes the most time for. */
static void
maildir_send(
    jp_transport *t, const jp_transport_item *items, guint n, jp_transport_done done, gpointer data)
{
	maildir *m = (maildir *)t;
	g_autoptr(GError) error = NULL;
	guint i = 0;

	while (i < n && jp_transport_may_start(t) && maildir_ready(m, &error) &&
	    deliver(m, &items[i], &error))
		i++;
	tell_delivered(m, items, i, done, data);
	if (error) {
		jp_transport_tell(&items[i++], JP_TRANSPORT_RETRY, 0, error->message, done, data);
		jp_transport_set_trouble(t, g_steal_pointer(&error));
	}
	jp_transport_give_back(items, i, n, done, data);
}

static void
maildir_free(jp_transport *t)
{
	maildir *m = (maildir *)t;

	close_folder(m->tmp);
	close_folder(m->new);
	close_folder(m->cur);
	g_free(m->path);
	g_free(m);
}

jp_transport *
jp_maildir_open(const jp_config *conf, GError **error)
{
	maildir *m;

	if (!*conf->mail.maildir) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail.maildir is not set; give the folder that mails are delivered into");
		return NULL;
	}
	m = g_new0(maildir, 1);
	m->base = (jp_transport){.name = "maildir",
	    .is_idempotent = TRUE,
	    .batch = 50,
	    .item_limit = 10 * JP_SECOND,
	    .send = maildir_send,
	    .free = maildir_free};
	m->path = g_strdup(conf->mail.maildir);
	m->tmp = m->new = m->cur = -1;
	return &m->base;
}

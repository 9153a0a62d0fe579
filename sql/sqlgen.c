/*
 * sqlgen: makes C of the statements and migrations in sql/.
 *
 *	sqlgen -o DIR FILE...
 *
 * Files named NNN-*.sql are migrations and are embedded whole; all others hold named statements in
 * the form that sql/README describes.  Out come DIR/sql.h (enum jp_sql and the column constants)
 * and DIR/sql.c (the table behind lib/db/statement.h).  A file whose contents would stay the same
 * is not touched, so that a change inside one statement does not rebuild every program.
 *
 * It promises that what it lets pass has a sentence, a name of its own, arguments and columns with
 * types, every placeholder declared and every argument used.  Whatever else it meets is refused
 * with FILE:LINE and exit status 1; then nothing is written.  Run at build on our own files, it
 * ends at the first error and lets the system free its memory.
 */
#define _GNU_SOURCE
#include "sqlgen.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry *entries[MAX_ENTRIES];
int n_entries;
struct migration migrations[N_ENGINES][MAX_VERSION + 1];
int n_migrations;

/* ---- helpers --------------------------------------------------------------------------------- */

void
die(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (!file)
		dprintf(STDERR_FILENO, "sqlgen: ");
	else if (line)
		dprintf(STDERR_FILENO, "%s:%d: ", file, line);
	else
		dprintf(STDERR_FILENO, "%s: ", file);
	va_start(ap, fmt);
	vdprintf(STDERR_FILENO, fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "\n");
	exit(1);
}

void *
must(void *p)
{
	if (!p)
		die(NULL, 0, "out of memory");
	return p;
}

char *
slurp(const char *path)
{
	size_t size = 1 << 16, len = 0, n;
	char *text = must(malloc(size));
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	while ((n = fread(text + len, 1, size - len - 1, f)) > 0) {
		len += n;
		if (len == size - 1)
			text = must(realloc(text, size *= 2));
	}
	if (ferror(f) || fclose(f))
		die(path, 0, "%s", strerror(errno));
	text[len] = '\0';
	if (strlen(text) != len)
		die(path, 0, "has a NUL byte");
	return text;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

size_t
name_len(const char *s)
{
	size_t n = 0;

	if (!islower((unsigned char)*s))
		return 0;
	while (islower((unsigned char)s[n]) || isdigit((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* ---- migrations ------------------------------------------------------------------------------ */

/* "001-foundation.sql", "001-foundation@postgres.sql". */
static int
is_migration(const char *path)
{
	const char *s = base_name(path);

	return strspn(s, "0123456789") == 3 && s[3] == '-';
}

static void
add_migration(const char *path, const char *text)
{
	const char *s = base_name(path);
	int version = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	size_t len = strcspn(s + 4, "@.");
	const char *end = s + 4 + len;
	enum engine engine = *end == '@' ? POSTGRES : SQLITE;
	struct migration *m;

	if (len == 0 || len > MAX_NAME || (version == 0 && engine == SQLITE) ||
	    strcmp(end, engine == SQLITE ? ".sql" : "@postgres.sql") != 0)
		die(path, 0,
		    "a migration is called NNN-name.sql or NNN-name@postgres.sql, from 001 on");
	m = &migrations[engine][version];
	if (m->file)
		die(path, 0, "migration %d is already in %s", version, m->file);
	m->file = path;
	m->text = text;
	memcpy(m->name, s + 4, len);
	m->name[len] = '\0';
	if (version > n_migrations)
		n_migrations = version;
}

static void
check_migrations(void)
{
	for (int v = 1; v <= n_migrations; v++) { /* 0 is PostgreSQL's own */
		const struct migration *m = &migrations[SQLITE][v], *p = &migrations[POSTGRES][v];

		if (!m->file && p->file)
			die(p->file, 0, "a variant of no migration");
		if (!m->file)
			die(NULL, 0, "there is a migration %d but no migration %d", n_migrations,
			    v);
		if (p->file && strcmp(p->name, m->name) != 0)
			die(p->file, 0, "does not have the name of %s", m->file);
	}
}

int
main(int argc, char **argv)
{
	const char *dir = NULL;

	for (int c; (c = getopt(argc, argv, "o:")) != -1;) {
		if (c != 'o')
			return 64;
		dir = optarg;
	}
	if (!dir || optind == argc) {
		fputs("usage: sqlgen -o DIR FILE...\n", stderr);
		return 64;
	}
	for (int i = optind; i < argc; i++) {
		char *text = slurp(argv[i]);

		if (!text)
			die(argv[i], 0, "%s", strerror(errno));
		if (is_migration(argv[i]))
			add_migration(argv[i], text);
		else
			parse_statements(argv[i], text);
	}
	parse_bodies();
	check_migrations();
	if (n_entries == 0)
		die(NULL, 0, "no statement in any file");
	write_files(dir);
	return 0;
}

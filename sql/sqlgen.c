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
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_NAME = 63,
	MAX_FIELDS = 64, /* arguments or columns of a statement; masks have 64 bits */
	MAX_BLOCKS = 5,  /* optional conditions: 32 texts */
	MAX_ENTRIES = 2000,
	MAX_VERSION = 999,
};

enum engine { SQLITE, POSTGRES, N_ENGINES };
static const char *const engine_names[N_ENGINES] = {"sqlite", "postgres"};

struct field {
	char name[MAX_NAME + 1];
	const char *type; /* of jp_type, without its prefix */
	int nullable;
	int used, used_always; /* always: outside optional blocks */
};

struct fields {
	struct field f[MAX_FIELDS];
	int n;
};

/* A stretch of a statement: text as it stands, or an argument. */
struct piece {
	const char *text;
	size_t len;
	int arg;   /* -1: text */
	int block; /* -1: always there */
};

/* A header and the statement below it, as one engine gets it. */
struct entry {
	const char *file;
	int line; /* of the name */
	char name[MAX_NAME + 1];
	enum engine engine;
	int n_sentences;
	int has_fields;
	const char *scan;
	struct fields args, cols;
	struct entry *variant; /* POSTGRES, of a SQLITE one */

	const char *body;
	int body_line;
	struct piece *pieces;
	int n_pieces, n_blocks;
	uint64_t blocks[MAX_BLOCKS]; /* the arguments in each */
	int is_write;
};

struct migration {
	const char *file, *text;
	char name[MAX_NAME + 1];
};

static struct entry *entries[MAX_ENTRIES];
static int n_entries;
static struct migration migrations[N_ENGINES][MAX_VERSION + 1];
static int n_migrations;

/* ---- helpers ----------------------------------------------------------------------------------
 */

static void die(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

static void
die(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (!file)
		fputs("sqlgen: ", stderr);
	else if (line)
		fprintf(stderr, "%s:%d: ", file, line);
	else
		fprintf(stderr, "%s: ", file);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void *
must(void *p)
{
	if (!p)
		die(NULL, 0, "out of memory");
	return p;
}

/* The whole file, NUL-terminated; NULL when it cannot be read. */
static char *
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

/* Length of the lower-case name at s; 0: none. */
static size_t
name_len(const char *s)
{
	size_t n = 0;

	if (!islower((unsigned char)*s))
		return 0;
	while (islower((unsigned char)s[n]) || isdigit((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

static void
copy_name(char out[MAX_NAME + 1], const char *s, size_t len, const char *file, int line)
{
	if (len == 0 || len > MAX_NAME)
		die(file, line, "a name is 1 to %d of a-z, 0-9 and _, not \"%.*s\"", MAX_NAME,
		    (int)strcspn(s, " \t\n"), s);
	memcpy(out, s, len);
	out[len] = '\0';
}

/* ---- tokens of SQL ----------------------------------------------------------------------------
 */

enum token { END, SPACE, COMMENT, OPEN, CLOSE, STRING, PARAM, WORD, NUMBER, SEMICOLON, OTHER };

struct lexer {
	const char *file, *at; /* at: what follows the token */
	int line;              /* of at */
	const char *start;     /* the token */
	size_t len;
};

static int
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *
quoted_end(const struct lexer *l, const char *p)
{
	char quote = *p++;

	for (;; p++) {
		if (!*p)
			die(l->file, l->line, "a %c is never closed", quote);
		if (*p == quote && *++p != quote)
			return p;
	}
}

static const char *
comment_end(const struct lexer *l, const char *p)
{
	const char *end = strstr(p + 2, "*/");

	if (!end)
		die(l->file, l->line, "a comment is never closed");
	return end + 2;
}

static const char *
run_end(const char *p, int (*belongs)(char c))
{
	while (belongs(*p))
		p++;
	return p;
}

static int
is_blank(char c)
{
	return isspace((unsigned char)c);
}

/* What stands at l->at, and where it ends. */
static enum token
classify(const struct lexer *l, const char **end)
{
	const char *p = l->at;

	*end = p + 1;
	if (!*p) {
		*end = p;
		return END;
	}
	if (is_blank(*p))
		return *end = run_end(p, is_blank), SPACE;
	if (!strncmp(p, "--", 2))
		return *end = p + strcspn(p, "\n"), COMMENT;
	if (!strncmp(p, "/*?", 3))
		return *end = p + 3, OPEN;
	if (!strncmp(p, "?*/", 3))
		return *end = p + 3, CLOSE;
	if (!strncmp(p, "/*", 2))
		return *end = comment_end(l, p), COMMENT;
	if (*p == '\'' || *p == '"')
		return *end = quoted_end(l, p), STRING;
	if (!strncmp(p, "::", 2))
		return *end = p + 2, OTHER;
	if (*p == ':' && is_word(p[1]))
		return *end = run_end(p + 1, is_word), PARAM;
	if (isdigit((unsigned char)*p))
		return *end = run_end(p, is_word), NUMBER;
	if (is_word(*p))
		return *end = run_end(p, is_word), WORD;
	return *p == ';' ? SEMICOLON : OTHER;
}

static enum token
next_token(struct lexer *l)
{
	const char *end;
	enum token t = classify(l, &end);

	l->start = l->at;
	l->len = (size_t)(end - l->at);
	for (; l->at < end; l->at++)
		l->line += *l->at == '\n';
	return t;
}

static int
token_is(const struct lexer *l, const char *word)
{
	return l->len == strlen(word) && !strncasecmp(l->start, word, l->len);
}

/* ---- headers ----------------------------------------------------------------------------------
 */

static const char *
field_type(const char *s, size_t len)
{
	static const char *const types[][2] = {
	    {"int", "INT"}, {"real", "REAL"}, {"text", "TEXT"}, {"blob", "BLOB"}, {"list", "LIST"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i][0]) == len && !memcmp(types[i][0], s, len))
			return types[i][1];
	return NULL;
}

static struct field *
find_field(struct fields *fields, const char *name, size_t len)
{
	for (int i = 0; i < fields->n; i++)
		if (strlen(fields->f[i].name) == len && !memcmp(fields->f[i].name, name, len))
			return &fields->f[i];
	return NULL;
}

/* Reads "id:int etag:text?" into fields; what they are is for messages. */
static void
parse_fields(struct fields *fields, const char *s, const char *what, const char *file, int line)
{
	while (*(s += strspn(s, " \t"))) {
		size_t len = name_len(s), word = strcspn(s, " \t"), type_len;
		struct field *f;

		if (len == 0 || s[len] != ':')
			die(file, line, "%s \"%.*s\" is not NAME:TYPE", what, (int)word, s);
		if (find_field(fields, s, len))
			die(file, line, "%s \"%.*s\" is there twice", what, (int)len, s);
		if (fields->n == MAX_FIELDS)
			die(file, line, "more than %d of %s", MAX_FIELDS, what);
		f = &fields->f[fields->n++];
		copy_name(f->name, s, len, file, line);
		type_len = word - len - 1;
		f->nullable = type_len > 0 && s[word - 1] == '?';
		type_len -= (size_t)f->nullable;
		f->type = field_type(s + len + 1, type_len);
		if (!f->type)
			die(file, line,
			    "%s \"%s\" has the type \"%.*s\", not int real text blob list (or with "
			    "?)",
			    what, f->name, (int)type_len, s + len + 1);
		s += word;
	}
}

static void
parse_name(struct entry *e, const char *s, int line)
{
	size_t len = name_len(s);

	if (*e->name)
		die(e->file, line, "a second name above one statement");
	copy_name(e->name, s, len, e->file, line);
	if (!strcmp(e->name, "n"))
		die(e->file, line, "\"n\" is taken by the number of statements");
	e->line = line;
	s += len;
	s += strspn(s, " \t");
	if (!strcmp(s, "@postgres"))
		e->engine = POSTGRES;
	else if (*s)
		die(e->file, line, "after the name stands \"%s\", which is not @postgres", s);
}

/* Reads one comment line of a header, without its dashes. */
static void
parse_header_line(struct entry *e, const char *s, int line)
{
	size_t key = name_len(s);
	const char *value;

	if (key == 0 || s[key] != ':') {
		e->n_sentences += *s != '\0';
		return;
	}
	value = s + key + 1;
	value += strspn(value, " \t");
	if (!strncmp(s, "name:", key + 1)) {
		parse_name(e, value, line);
	} else if (!strncmp(s, "args:", key + 1)) {
		parse_fields(&e->args, value, "argument", e->file, line);
		e->has_fields = 1;
	} else if (!strncmp(s, "cols:", key + 1)) {
		parse_fields(&e->cols, value, "column", e->file, line);
		e->has_fields = 1;
	} else if (!strncmp(s, "scan:", key + 1)) {
		if (!*value)
			die(e->file, line, "scan: says no reason");
		e->scan = value;
	} else {
		die(e->file, line, "\"%.*s:\" is not name: args: cols: or scan:", (int)key, s);
	}
}

static struct entry *
new_entry(const char *file)
{
	struct entry *e = must(calloc(1, sizeof(*e)));

	e->file = file;
	return e;
}

static void
check_header(const struct entry *e, int line)
{
	if (!*e->name)
		die(e->file, line, "SQL without a name: above it");
	if (e->engine == SQLITE && e->n_sentences == 0)
		die(e->file, e->line, "%s: no sentence says what it gives", e->name);
	if (e->engine != SQLITE && e->has_fields)
		die(e->file, e->line, "%s: a variant inherits its args and cols", e->name);
	for (int i = 0; i < n_entries; i++)
		if (entries[i]->engine == e->engine && !strcmp(entries[i]->name, e->name))
			die(e->file, e->line, "%s: is already in %s:%d", e->name, entries[i]->file,
			    entries[i]->line);
	if (n_entries == MAX_ENTRIES)
		die(e->file, e->line, "more than %d statements", MAX_ENTRIES);
}

/* A comment inside a statement that was meant to be the next one's header. */
static int
is_header_comment(const struct lexer *l)
{
	const char *s = l->start + 2;

	return !strncmp(l->start, "--", 2) && !strncmp(s + strspn(s, " \t"), "name:", 5);
}

/* Takes the statement that starts at p; gives what follows its semicolon. */
static char *
take_body(struct entry *e, char *p, int *line)
{
	struct lexer l = {.file = e->file, .at = p, .line = *line};
	enum token t;

	e->body = p;
	e->body_line = *line;
	while ((t = next_token(&l)) != SEMICOLON)
		if (t == END || (t == COMMENT && is_header_comment(&l)))
			die(e->file, e->line, "%s: has no semicolon", e->name);
	p += l.start - e->body;
	*p++ = '\0';
	p += strspn(p, " \t");
	if (*p && *p != '\n')
		die(e->file, l.line, "%s: text after the semicolon", e->name);
	*line = l.line;
	entries[n_entries++] = e;
	return p;
}

/* Cuts a file into entries. */
static void
parse_statements(const char *file, char *p)
{
	struct entry *e = new_entry(file);
	int line = 1;

	for (; *p; p++, line++) {
		size_t len = strcspn(p, "\n");

		if (strspn(p, " \t\r") >= len) {
			if (*e->name)
				die(file, line, "%s: the statement does not follow at once",
				    e->name);
			e = new_entry(file);
		} else if (!strncmp(p, "--", 2)) {
			char *text = must(strndup(p + 2, len - 2));

			parse_header_line(e, text + strspn(text, " \t"), line);
		} else {
			check_header(e, line);
			p = take_body(e, p, &line);
			e = new_entry(file);
			len = 0;
		}
		p += len;
		if (!*p)
			break;
	}
	if (*e->name)
		die(file, e->line, "%s: has no statement", e->name);
}

/* ---- statements -------------------------------------------------------------------------------
 */

/* The last few words, parentheses left out, for what is refused by its shape. */
struct history {
	struct {
		enum token t;
		const char *s;
		size_t len;
	} w[4];      /* the newest last */
	char before; /* last character of the last token, parentheses included */
};

static int
past_is(const struct history *h, int i, const char *word)
{
	return h->w[i].len == strlen(word) && !strncasecmp(h->w[i].s, word, h->w[i].len);
}

static void
remember(struct history *h, enum token t, const struct lexer *l)
{
	h->before = l->start[l->len - 1];
	if (h->before == '(' || h->before == ')')
		return;
	memmove(h->w, h->w + 1, sizeof(h->w) - sizeof(h->w[0]));
	h->w[3].t = t;
	h->w[3].s = l->start;
	h->w[3].len = l->len;
}

/* `SELECT *`, `t.*` and `RETURNING *` hide columns; `:x IS NULL OR` scans. */
static void
check_shape(const struct entry *e, const struct history *h, const struct lexer *l)
{
	static const char *const lists[] = {"SELECT", "DISTINCT", "ALL", "RETURNING"};
	int hides = h->before == ',' || h->before == '.';

	if (l->len == 1 && *l->start == '*' && h->before != '(') {
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			hides |= past_is(h, 3, lists[i]);
		if (hides)
			die(e->file, l->line, "%s: name the columns instead of *", e->name);
	}
	if ((token_is(l, "OR") && h->w[1].t == PARAM && past_is(h, 2, "IS") &&
		past_is(h, 3, "NULL")) ||
	    (token_is(l, "NULL") && past_is(h, 1, "OR") && h->w[2].t == PARAM &&
		past_is(h, 3, "IS")))
		die(e->file, l->line, "%s: \":x IS NULL OR\" scans; write /*? AND ... :x ?*/",
		    e->name);
}

static void
add_piece(struct entry *e, const struct lexer *l, int arg, int block)
{
	struct piece *last = e->n_pieces ? &e->pieces[e->n_pieces - 1] : NULL;

	if (last && arg < 0 && last->arg < 0 && last->block == block &&
	    last->text + last->len == l->start) {
		last->len += l->len;
		return;
	}
	e->pieces = must(realloc(e->pieces, sizeof(*e->pieces) * (size_t)(e->n_pieces + 1)));
	e->pieces[e->n_pieces++] = (struct piece){l->start, l->len, arg, block};
}

static void
add_param(struct entry *e, struct entry *base, const struct lexer *l, int block)
{
	struct field *f = find_field(&base->args, l->start + 1, l->len - 1);
	int arg;

	if (!f)
		die(e->file, l->line, "%s: \"%.*s\" is not among its args", e->name, (int)l->len,
		    l->start);
	arg = (int)(f - base->args.f);
	f->used = 1;
	if (block < 0)
		f->used_always = 1;
	else
		e->blocks[block] |= (uint64_t)1 << arg;
	add_piece(e, l, arg, block);
}

static void
close_block(const struct entry *e, const struct entry *base, int block, int line)
{
	for (int i = 0; i < base->args.n; i++)
		if (e->blocks[block] >> i & 1 && base->args.f[i].nullable)
			return;
	die(e->file, line, "%s: a block without an argument that may be null (\"?\")", e->name);
}

static int
open_block(struct entry *e, int block, int line)
{
	if (block >= 0)
		die(e->file, line, "%s: a block inside a block", e->name);
	if (e->n_blocks == MAX_BLOCKS)
		die(e->file, line, "%s: more than %d blocks", e->name, MAX_BLOCKS);
	return e->n_blocks++;
}

static void
check_verb(struct entry *e, const struct lexer *l, int is_first)
{
	static const char *const verbs[] = {
	    "SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE"};
	int known = 0;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		known |= token_is(l, verbs[i]);
		if (i > 2 && token_is(l, verbs[i]))
			e->is_write = 1;
	}
	if (is_first && !known)
		die(e->file, l->line,
		    "%s: begins with \"%.*s\", not with SELECT WITH VALUES INSERT "
		    "UPDATE or DELETE",
		    e->name, (int)l->len, l->start);
}

/* One token of a statement; gives the block that follows it. */
static int
parse_token(struct entry *e, struct entry *base, const struct lexer *l, enum token t, int block)
{
	switch (t) {
	case OPEN:
		return open_block(e, block, l->line);
	case CLOSE:
		if (block < 0)
			die(e->file, l->line, "%s: ?*/ without /*?", e->name);
		close_block(e, base, block, l->line);
		return -1;
	case PARAM:
		add_param(e, base, l, block);
		return block;
	case OTHER:
		if (*l->start == '?' || *l->start == '$')
			die(e->file, l->line, "%s: placeholders are written :name", e->name);
		add_piece(e, l, -1, block);
		return block;
	case SPACE:
	case STRING:
	case WORD:
	case NUMBER:
		add_piece(e, l, -1, block);
		return block;
	case COMMENT:
	case END:
	case SEMICOLON:
		break;
	}
	return block;
}

/* Cuts the body into pieces; base is where the arguments are declared. */
static void
parse_body(struct entry *e, struct entry *base)
{
	struct lexer l = {.file = e->file, .at = e->body, .line = e->body_line};
	struct history h = {.before = '\0'};
	int block = -1, is_first = 1;
	enum token t;

	while ((t = next_token(&l)) != END) {
		if (t == WORD)
			check_verb(e, &l, is_first);
		if (t != SPACE && t != COMMENT && t != OPEN && t != CLOSE) {
			check_shape(e, &h, &l);
			remember(&h, t, &l);
			is_first = 0;
		}
		block = parse_token(e, base, &l, t, block);
	}
	if (block >= 0)
		die(e->file, l.line, "%s: /*? is never closed", e->name);
}

static void
check_args(const struct entry *e, const struct entry *base)
{
	for (int i = 0; i < base->args.n; i++) {
		const struct field *f = &base->args.f[i];

		if (!f->used)
			die(e->file, e->line, "%s: argument \"%s\" is not used", e->name, f->name);
		if (!f->used_always && !f->nullable)
			die(e->file, e->line,
			    "%s: argument \"%s\" is used only in blocks: declare it %s?", e->name,
			    f->name, f->name);
	}
}

static void
link_variant(struct entry *e)
{
	for (int i = 0; i < n_entries; i++)
		if (entries[i]->engine == SQLITE && !strcmp(entries[i]->name, e->name)) {
			entries[i]->variant = e;
			return;
		}
	die(e->file, e->line, "%s: a variant of nothing", e->name);
}

/* Reads the bodies once all headers are known, and leaves in entries[] the statements alone. */
static void
parse_bodies(void)
{
	int n = 0;

	for (int i = 0; i < n_entries; i++)
		if (entries[i]->engine != SQLITE)
			link_variant(entries[i]);
	for (int i = 0; i < n_entries; i++) {
		struct entry *e = entries[i];

		if (e->engine != SQLITE)
			continue;
		parse_body(e, e);
		check_args(e, e);
		if (e->variant) {
			for (int a = 0; a < e->args.n; a++)
				e->args.f[a].used = e->args.f[a].used_always = 0;
			parse_body(e->variant, e);
			check_args(e->variant, e);
			if (e->variant->is_write != e->is_write)
				die(e->variant->file, e->variant->line,
				    "%s: one engine writes, the other reads", e->name);
		}
		entries[n++] = e;
	}
	n_entries = n;
}

/* ---- migrations -------------------------------------------------------------------------------
 */

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

	if (len == 0 || len > MAX_NAME || version == 0 ||
	    strcmp(end, engine == SQLITE ? ".sql" : "@postgres.sql"))
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
	for (int v = 1; v <= n_migrations; v++) {
		const struct migration *m = &migrations[SQLITE][v], *p = &migrations[POSTGRES][v];

		if (!m->file && p->file)
			die(p->file, 0, "a variant of no migration");
		if (!m->file)
			die(NULL, 0, "there is a migration %d but no migration %d", n_migrations,
			    v);
		if (p->file && strcmp(p->name, m->name))
			die(p->file, 0, "does not have the name of %s", m->file);
	}
}

/* ---- output -----------------------------------------------------------------------------------
 */

static void
put_upper(FILE *f, const char *s)
{
	for (; *s; s++)
		putc(toupper((unsigned char)*s), f);
}

/* Text inside a C string that is open, a line of it for each of the text's. */
static void
put_chars(FILE *f, const char *s, size_t len)
{
	for (const char *end = s + len; s < end; s++) {
		if (*s == '\n')
			fputs("\\n\"\n\t    \"", f);
		else if (*s == '\t')
			fputs("\\t", f);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else
			putc(*s, f);
	}
}

static void
put_string(FILE *f, const char *s)
{
	putc('"', f);
	put_chars(f, s, strlen(s));
	putc('"', f);
}

/* The statement's text for one engine with the blocks of mask present. */
static void
put_text(FILE *f, const struct entry *e, enum engine engine, unsigned mask)
{
	fputs("\t    \"", f);
	for (int i = 0; i < e->n_pieces; i++) {
		const struct piece *p = &e->pieces[i];

		if (p->block >= 0 && !(mask >> p->block & 1))
			continue;
		if (p->arg < 0)
			put_chars(f, p->text, p->len);
		else
			fprintf(f, "%c%d", engine == SQLITE ? '?' : '$', p->arg + 1);
	}
	fputs("\",\n", f);
}

static void
put_texts(FILE *f, const struct entry *e, enum engine engine)
{
	fprintf(f, "static const char *const %s_%s[] = {\n", e->name, engine_names[engine]);
	for (unsigned mask = 0; mask < 1U << e->n_blocks; mask++)
		put_text(f, e, engine, mask);
	fputs("};\n", f);
}

static void
put_fields(FILE *f, const char *statement, const char *what, const struct fields *fields)
{
	if (fields->n == 0)
		return;
	fprintf(f, "static const jp_field %s_%s[] = {", statement, what);
	for (int i = 0; i < fields->n; i++)
		fprintf(f, "{\"%s\", JP_TYPE_%s, %d}, ", fields->f[i].name, fields->f[i].type,
		    fields->f[i].nullable);
	fputs("};\n", f);
}

static const struct entry *
for_engine(const struct entry *e, enum engine engine)
{
	return engine == POSTGRES && e->variant ? e->variant : e;
}

static void
put_statement(FILE *f, const struct entry *e)
{
	fputs("\t[JP_SQL_", f);
	put_upper(f, e->name);
	fprintf(f, "] = {.name = \"%s\", .file = \"%s\", .is_write = %d,\n", e->name, e->file,
	    e->is_write);
	if (e->scan) {
		fputs("\t    .scan = ", f);
		put_string(f, e->scan);
		fputs(",\n", f);
	}
	if (e->args.n)
		fprintf(f, "\t    .args = %s_args, .n_args = %d,\n", e->name, e->args.n);
	if (e->cols.n)
		fprintf(f, "\t    .cols = %s_cols, .n_cols = %d,\n", e->name, e->cols.n);
	fputs("\t    .variants = {", f);
	for (enum engine i = SQLITE; i < N_ENGINES; i++) {
		const struct entry *v = for_engine(e, i);

		fprintf(f, "{%s_%s, %d, {", e->name, engine_names[i], v->n_blocks);
		for (int b = 0; b < v->n_blocks; b++)
			fprintf(f, "0x%llx, ", (unsigned long long)v->blocks[b]);
		fprintf(f, "%s}}, ", v->n_blocks ? "" : "0");
	}
	fputs("}},\n", f);
}

static void
put_migrations(FILE *f)
{
	fputs("\nconst jp_migration jp_migrations[] = {\n", f);
	for (int v = 1; v <= n_migrations; v++) {
		fprintf(f, "\t{%d, \"%s\", {", v, migrations[SQLITE][v].name);
		for (enum engine i = SQLITE; i < N_ENGINES; i++) {
			const struct migration *m = &migrations[i][v];

			put_string(f, m->file ? m->text : migrations[SQLITE][v].text);
			fputs(", ", f);
		}
		fputs("}},\n", f);
	}
	fputs("\t{0, 0, {0, 0}},\n};\n", f);
}

static void
write_table(FILE *f)
{
	fputs("/* Made by sql/sqlgen.c; changes go into sql/. */\n#include \"db/statement.h\"\n\n",
	    f);
	for (int i = 0; i < n_entries; i++) {
		const struct entry *e = entries[i];

		put_fields(f, e->name, "args", &e->args);
		put_fields(f, e->name, "cols", &e->cols);
		put_texts(f, e, SQLITE);
		put_texts(f, for_engine(e, POSTGRES), POSTGRES);
	}
	fputs("\nconst jp_statement jp_statements[JP_SQL_N] = {\n", f);
	for (int i = 0; i < n_entries; i++)
		put_statement(f, entries[i]);
	fputs("};\n", f);
	put_migrations(f);
}

/* JP_COL_<statement>_<column>; "a_b" with "c" and "a" with "b_c" would be one. */
static void
check_column(const struct entry *e, const char *column)
{
	char a[2 * MAX_NAME + 2], b[2 * MAX_NAME + 2];

	snprintf(a, sizeof(a), "%s_%s", e->name, column);
	for (int i = 0; i < n_entries && entries[i] != e; i++) {
		size_t len = strlen(entries[i]->name);

		if (strncmp(a, entries[i]->name, len))
			continue;
		for (int c = 0; c < entries[i]->cols.n; c++) {
			snprintf(
			    b, sizeof(b), "%s_%s", entries[i]->name, entries[i]->cols.f[c].name);
			if (!strcmp(a, b))
				die(e->file, e->line,
				    "%s: column \"%s\" has the same constant as \"%s\" of %s",
				    e->name, column, entries[i]->cols.f[c].name, entries[i]->name);
		}
	}
}

static void
write_header(FILE *f)
{
	const char *file = NULL;

	fputs("/* Made by sql/sqlgen.c; changes go into sql/. */\n#ifndef JP_SQL_H\n#define "
	      "JP_SQL_H\n\n"
	      "typedef enum jp_sql {\n",
	    f);
	for (int i = 0; i < n_entries; i++) {
		if (file != entries[i]->file)
			fprintf(f, "\t/* %s */\n", file = entries[i]->file);
		fputs("\tJP_SQL_", f);
		put_upper(f, entries[i]->name);
		fputs(",\n", f);
	}
	fputs("\tJP_SQL_N\n} jp_sql;\n", f);
	for (int i = 0; i < n_entries; i++) {
		const struct entry *e = entries[i];

		fputs(e->cols.n ? "\nenum {\n" : "", f);
		for (int c = 0; c < e->cols.n; c++) {
			check_column(e, e->cols.f[c].name);
			fputs("\tJP_COL_", f);
			put_upper(f, e->name);
			putc('_', f);
			put_upper(f, e->cols.f[c].name);
			fprintf(f, " = %d,\n", c);
		}
		fputs(e->cols.n ? "};\n" : "", f);
	}
	fputs("\n#endif\n", f);
}

/* Writes beside the target and renames, unless the target says the same already. */
static void
replace_file(const char *dir, const char *name, void (*write)(FILE *f))
{
	char *path, *temp, *text, *old;
	size_t len;
	FILE *f = must(open_memstream(&text, &len));

	write(f);
	if (fclose(f) || asprintf(&path, "%s/%s", dir, name) < 0 ||
	    asprintf(&temp, "%s.tmp", path) < 0)
		die(NULL, 0, "out of memory");
	old = slurp(path);
	if (old && !strcmp(old, text))
		return;
	f = fopen(temp, "w");
	if (!f || fwrite(text, 1, len, f) != len || fclose(f) || rename(temp, path))
		die(temp, 0, "%s", strerror(errno));
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
	replace_file(dir, "sql.h", write_header);
	replace_file(dir, "sql.c", write_table);
	return 0;
}

/* parse: headers and statements, and everything that is refused about them. */
#define _GNU_SOURCE
#include "sqlgen.h"

#include <stdlib.h>
#include <string.h>

/* ---- headers --------------------------------------------------------------------------------- */

static void
copy_name(char out[MAX_NAME + 1], const char *s, size_t len, const char *file, int line)
{
	if (len == 0 || len > MAX_NAME)
		die(file, line, "a name is 1 to %d of a-z, 0-9 and _, not \"%.*s\"", MAX_NAME,
		    (int)strcspn(s, " \t\n"), s);
	memcpy(out, s, len);
	out[len] = '\0';
}

static const char *
field_type(const char *s, size_t len)
{
	static const char *const types[][2] = {{"int", "INT"}, {"real", "REAL"}, {"text", "TEXT"},
	    {"blob", "BLOB"}, {"list", "LIST"}, {"texts", "LIST"}};

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
		f->of_texts = type_len == 5 && !memcmp(s + len + 1, "texts", 5);
		if (!f->type)
			die(file, line,
			    "%s \"%s\" has the type \"%.*s\", not int real text blob list texts "
			    "(or "
			    "with ?)",
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
	} else if (!strncmp(s, "gives:", key + 1)) {
		if (strcmp(value, "id") != 0)
			die(e->file, line, "gives: says \"%s\", not id", value);
		parse_fields(&e->cols, "id:int", "column", e->file, line);
		e->gives_id = e->has_fields = 1;
	} else if (!strncmp(s, "many:", key + 1)) {
		if (strcmp(value, "rows") != 0)
			die(e->file, line, "many: says \"%s\", not rows", value);
		e->has_many = e->has_fields = 1;
	} else if (!strncmp(s, "scan:", key + 1)) {
		if (!*value)
			die(e->file, line, "scan: says no reason");
		e->scan = value;
	} else {
		die(e->file, line,
		    "\"%.*s:\" is not name: args: cols: gives: many: or scan:", (int)key, s);
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

void
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

/* ---- statements ------------------------------------------------------------------------------ */

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
		if (i > 2 && token_is(l, verbs[i]) && !e->is_lock)
			e->is_write = 1;
	}
	/* FOR UPDATE and FOR NO KEY UPDATE hold a row, and change none. */
	e->is_lock =
	    token_is(l, "FOR") || (e->is_lock && (token_is(l, "NO") || token_is(l, "KEY")));
	if (is_first && !known)
		die(e->file, l->line,
		    "%s: begins with \"%.*s\", not with SELECT WITH VALUES INSERT "
		    "UPDATE or DELETE",
		    e->name, (int)l->len, l->start);
	if (e->gives_id && ((is_first && !token_is(l, "INSERT")) || token_is(l, "RETURNING")))
		die(e->file, l->line, "%s: gives: id is for an INSERT without RETURNING", e->name);
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

/* What many rows go in by is made of this form alone (write.c). */
static void
check_many(const struct entry *e)
{
	const struct piece *first = &e->pieces[0], *last = &e->pieces[e->n_pieces - 1];

	if (!e->has_many)
		return;
	if (e->gives_id || e->cols.n || e->n_blocks || e->n_pieces < 3 || first->arg >= 0 ||
	    strncmp(first->text, "INSERT INTO ", 12) != 0 || first->len < 8 ||
	    memcmp(first->text + first->len - 8, "VALUES (", 8) != 0 || last->arg >= 0 ||
	    last->len != 1 || *last->text != ')')
		die(e->file, e->line, "%s: many: is for INSERT INTO ... VALUES (:a, ..., :z)",
		    e->name);
}

static void
link_variant(struct entry *e)
{
	for (int i = 0; i < n_entries; i++)
		if (entries[i]->engine == SQLITE && !strcmp(entries[i]->name, e->name)) {
			entries[i]->variant = e;
			e->gives_id = entries[i]->gives_id;
			return;
		}
	die(e->file, e->line, "%s: a variant of nothing", e->name);
}

void
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
		check_many(e);
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

/* write: sql.h for everybody, sql.c behind lib/db/statement.h. */
#define _GNU_SOURCE
#include "sqlgen.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const engine_names[N_ENGINES] = {"sqlite", "postgres"};

static void
put_upper(FILE *f, const char *s)
{
	for (; *s; s++)
		putc(toupper((unsigned char)*s), f);
}

void
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

static const struct entry *
for_engine(const struct entry *e, enum engine engine)
{
	return engine == POSTGRES && e->variant ? e->variant : e;
}

/* The statement's text for one engine with the blocks of mask present. */
static void
put_text(
    FILE *f, const struct entry *e, const struct entry *base, enum engine engine, unsigned mask)
{
	fputs("\t    \"", f);
	for (int i = 0; i < e->n_pieces; i++) {
		const struct piece *p = &e->pieces[i];

		if (p->block >= 0 && !(mask >> p->block & 1))
			continue;
		if (engine == POSTGRES)
			put_postgres_piece(f, e, base, i);
		else if (p->arg < 0)
			put_chars(f, p->text, p->len);
		else
			fprintf(f, "?%d", p->arg + 1);
	}
	if (engine == POSTGRES && base->gives_id)
		fputs(" RETURNING id", f);
	fputs("\",\n", f);
}

static void
put_texts(FILE *f, const struct entry *base, enum engine engine)
{
	const struct entry *e = for_engine(base, engine);

	fprintf(f, "static const char *const %s_%s[] = {\n", e->name, engine_names[engine]);
	for (unsigned mask = 0; mask < 1U << e->n_blocks; mask++)
		put_text(f, e, base, engine, mask);
	fputs("};\n", f);
}

/* The type of a column of a list of rows, as PostgreSQL calls it. */
static const char *
type_of(const struct field *f)
{
	static const char *const types[][2] = {
	    {"INT", "bigint"}, {"REAL", "double precision"}, {"BLOB", "bytea"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(f->type, types[i][0]))
			return types[i][1];
	return "text";
}

/* The INSERT for many rows: they come from a table with the arguments as its columns. */
static void
put_many_text(FILE *f, const struct entry *e, enum engine engine)
{
	const char *between = " AS r (";

	fprintf(f, "static const char *const %s_many_%s[] = {\n\t    \"", e->name,
	    engine_names[engine]);
	for (int i = 0; i < e->n_pieces - 1; i++) {
		const struct piece *p = &e->pieces[i];

		if (p->arg >= 0)
			fprintf(f, "c%d", p->arg);
		else
			put_chars(f, p->text, p->len - (i == 0 ? strlen("VALUES (") : 0));
		fputs(i == 0 ? "SELECT " : "", f);
	}
	fputs(engine == SQLITE ? " FROM jp_rows" : " FROM json_to_recordset(CAST($1 AS json))", f);
	for (int i = 0; engine == POSTGRES && i < e->args.n; i++) {
		fprintf(f, "%sc%d %s", between, i, type_of(&e->args.f[i]));
		between = ", ";
	}
	fputs(engine == POSTGRES ? ")\"};\n" : "\"};\n", f);
}

static void
put_many(FILE *f, const struct entry *e)
{
	if (!e->has_many)
		return;
	put_many_text(f, e, SQLITE);
	put_many_text(f, e, POSTGRES);
	fprintf(f,
	    "static const jp_field %s_many_args[] = {{\"rows\", JP_TYPE_LIST, 0}};\n"
	    "static const jp_statement %s_many = {.name = \"%s\", .file = \"%s\",\n"
	    "\t    .is_write = 1, .args = %s_many_args, .n_args = 1,\n"
	    "\t    .variants = {{%s_many_sqlite, 0, {0}}, {%s_many_postgres, 0, {0}}}};\n",
	    e->name, e->name, e->name, e->file, e->name, e->name, e->name);
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
	if (e->gives_id)
		fputs("\t    .gives_id = 1,\n", f);
	if (e->has_many)
		fprintf(f, "\t    .many = &%s_many,\n", e->name);
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
put_postgres(FILE *f, int version)
{
	const struct migration *m = &migrations[SQLITE][version],
			       *p = &migrations[POSTGRES][version];

	if (p->file) {
		put_string(f, p->text);
		return;
	}
	putc('"', f);
	put_postgres_migration(f, m->file, m->text);
	putc('"', f);
}

static void
put_migrations(FILE *f)
{
	fputs("\nconst jp_migration jp_migrations[] = {\n", f);
	for (int v = 1; v <= n_migrations; v++) {
		fprintf(f, "\t{%d, \"%s\", {", v, migrations[SQLITE][v].name);
		put_string(f, migrations[SQLITE][v].text);
		fputs(", ", f);
		put_postgres(f, v);
		fputs("}},\n", f);
	}
	fputs("\t{0, 0, {0, 0}},\n};\n\nconst char jp_postgres_base[] = ", f);
	put_string(f, migrations[POSTGRES][0].file ? migrations[POSTGRES][0].text : "");
	fputs(";\n", f);
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
		put_texts(f, e, POSTGRES);
		put_many(f, e);
	}
	fputs("\nconst jp_statement jp_statements[JP_SQL_N] = {\n", f);
	for (int i = 0; i < n_entries; i++)
		put_statement(f, entries[i]);
	fputs("};\n", f);
	put_migrations(f);
	put_schema(f);
}

/* JP_COL_<statement>_<column>; "a_b" with "c" and "a" with "b_c" would be one. */
static void
check_column(const struct entry *e, const char *column)
{
	char a[2 * MAX_NAME + 2], b[2 * MAX_NAME + 2];

	snprintf(a, sizeof(a), "%s_%s", e->name, column);
	for (int i = 0; i < n_entries && entries[i] != e; i++) {
		size_t len = strlen(entries[i]->name);

		if (strncmp(a, entries[i]->name, len) != 0)
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

void
write_files(const char *dir)
{
	replace_file(dir, "sql.h", write_header);
	replace_file(dir, "sql.c", write_table);
}

/* What the files of sqlgen share; sqlgen.c says what it is for. */
#ifndef SQLGEN_H
#define SQLGEN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	MAX_NAME = 63,
	MAX_FIELDS = 64, /* arguments or columns of a statement; masks have 64 bits */
	MAX_BLOCKS = 5,  /* optional conditions: 32 texts */
	MAX_ENTRIES = 2000,
	MAX_VERSION = 999,
};

enum engine { SQLITE, POSTGRES, N_ENGINES };

struct field {
	char name[MAX_NAME + 1];
	const char *type; /* of jp_type, without its prefix */
	int nullable;
	int of_texts;          /* a list whose elements are texts, not whole numbers */
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
	int has_many; /* an INSERT that is also written for many rows at once */
	int gives_id; /* an INSERT: PostgreSQL returns the new row's id, SQLite is asked for it */
	struct fields args, cols;
	struct entry *variant; /* POSTGRES, of a SQLITE one */

	const char *body;
	int body_line;
	struct piece *pieces;
	int n_pieces, n_blocks;
	uint64_t blocks[MAX_BLOCKS]; /* the arguments in each */
	int is_write, is_lock;       /* is_lock: while reading, the word before was FOR */
};

struct migration {
	const char *file, *text;
	char name[MAX_NAME + 1];
};

extern struct entry *entries[MAX_ENTRIES];
extern int n_entries;
extern struct migration migrations[N_ENGINES][MAX_VERSION + 1];
extern int n_migrations;

/* ---- sqlgen.c -------------------------------------------------------------------------------- */

/* Says "file:line: ..." (file NULL, line 0: without) and exits with 1. */
void die(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
void *must(void *p);            /* p, which memory that is missing would make NULL */
char *slurp(const char *path);  /* the whole file, NUL-terminated; NULL when it cannot be read */
size_t name_len(const char *s); /* of the lower-case name at s; 0: none */

/* ---- lex.c: tokens of SQL -------------------------------------------------------------------- */

enum token { END, SPACE, COMMENT, OPEN, CLOSE, STRING, PARAM, WORD, NUMBER, SEMICOLON, OTHER };

struct lexer {
	const char *file, *at; /* at: what follows the token */
	int line;              /* of at */
	const char *start;     /* the token */
	size_t len;
};

/* Moves on to the next token; what is never closed is an error. */
enum token next_token(struct lexer *l);
int token_is(const struct lexer *l, const char *word); /* whatever the case */

/* ---- parse.c --------------------------------------------------------------------------------- */

/* Cuts a file into entries; keeps text. */
void parse_statements(const char *file, char *text);
/* Reads the bodies once all headers are known, and leaves in entries[] the statements alone. */
void parse_bodies(void);

/* ---- schema.c -------------------------------------------------------------------------------- */

/* Writes the tables that the migrations make, as the table behind jp_schema_tables. */
void put_schema(FILE *f);

/* ---- write.c --------------------------------------------------------------------------------- */

/* Text inside a C string that is open, a line of it for each of the text's. */
void put_chars(FILE *f, const char *s, size_t len);
/* Writes sql.h and sql.c, unless they say the same already. */
void write_files(const char *dir);

/* ---- translate.c ----------------------------------------------------------------------------- */

/* Piece i of a statement as PostgreSQL reads it; base is where the arguments are declared. */
void put_postgres_piece(FILE *f, const struct entry *e, const struct entry *base, int i);
/* A migration in SQLite's dialect as PostgreSQL reads it; what has no counterpart is an error. */
void put_postgres_migration(FILE *f, const char *file, const char *text);

#endif

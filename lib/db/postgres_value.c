/*
 * Values of the PostgreSQL driver: arguments and columns travel in binary, with the types of the
 * statement's declaration.
 */
#include <string.h>

#include "db/postgres.h"

/* Types of the server (pg_type.oid). */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_UNKNOWN = 705,
	OID_VARCHAR = 1043,
	OID_NUMERIC = 1700,
};

/* ---- arguments ------------------------------------------------------------------------------- */

Oid
jp_pg_type_of(jp_type type)
{
	switch (type) {
	case JP_TYPE_INT:
		return OID_INT8;
	case JP_TYPE_REAL:
		return OID_FLOAT8;
	case JP_TYPE_BLOB:
		return OID_BYTEA;
	case JP_TYPE_NULL:
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
		return OID_TEXT;
	}
	return OID_TEXT;
}

static void
append_be64(GByteArray *to, guint64 v)
{
	guint64 be = GUINT64_TO_BE(v);

	g_byte_array_append(to, (const guint8 *)&be, sizeof(be));
}

/* The server takes no larger ones; messages hold several. */
#define MAX_VALUE (256U * 1024 * 1024)

static gsize
value_len(const jp_arg *a)
{
	if (a->type == JP_TYPE_TEXT || a->type == JP_TYPE_LIST)
		return strlen(a->p);
	return a->type == JP_TYPE_BLOB ? a->len : 0;
}

static void
append_value(jp_stmt *st, const jp_arg *a)
{
	guint64 bits;

	switch (a->type) {
	case JP_TYPE_NULL:
		break;
	case JP_TYPE_INT:
		append_be64(st->values, (guint64)a->i);
		break;
	case JP_TYPE_REAL:
		memcpy(&bits, &a->r, sizeof(bits));
		append_be64(st->values, bits);
		break;
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
		g_byte_array_append(st->values, a->p, (guint)strlen(a->p));
		break;
	case JP_TYPE_BLOB:
		if (a->len > 0)
			g_byte_array_append(st->values, a->p, (guint)a->len);
		break;
	}
}

gboolean
jp_pg_bind(jp_stmt *st, const jp_arg *args, gsize n_args, GError **error)
{
	gsize at = 0;

	g_byte_array_set_size(st->values, 0);
	for (gsize i = 0; i < n_args; i++) {
		guint before = st->values->len;

		if (value_len(&args[i]) > MAX_VALUE - MIN(before, MAX_VALUE)) {
			g_set_error(
			    error, JP_ERROR, JP_ERROR_BUG, "a value is larger than 256 MiB");
			return FALSE;
		}
		append_value(st, &args[i]);
		st->lens[i] = (int)(st->values->len - before);
		st->formats[i] = 1;
	}
	g_byte_array_append(st->values, (const guint8 *)"", 1); /* never empty: it has an address */
	for (gsize i = 0; i < n_args; i++) {
		st->args[i] =
		    args[i].type == JP_TYPE_NULL ? NULL : (const char *)st->values->data + at;
		at += (gsize)st->lens[i];
	}
	return TRUE;
}

/* ---- values ---------------------------------------------------------------------------------- */

static guint64
read_be(const char *p, gsize len)
{
	guint64 v = 0;

	for (gsize i = 0; i < len; i++)
		v = v << 8 | (guint8)p[i];
	return v;
}

/* A numeric, as sum() and avg() of whole numbers give it: a sign, and digits to the base of 10,000
 * from the power `weight` on. */
static double
numeric_real(const jp_pg_cell *c)
{
	guint n = (guint)read_be(c->p, 2), sign = (guint)read_be(c->p + 4, 2);
	gint16 weight = (gint16)read_be(c->p + 2, 2);
	g_autoptr(GString) text = g_string_new(sign == 0x4000 ? "-0" : "0");

	for (guint i = 0; i < n && c->len >= 8 + 2 * ((gsize)i + 1); i++)
		g_string_append_printf(text, "%04u", (guint)read_be(c->p + 8 + 2 * i, 2));
	g_string_append_printf(text, "e%d", 4 * (weight - (int)n + 1));
	return g_ascii_strtod(text->str, NULL); /* rounds once, as no sum of parts would */
}

/* FALSE unless it is a whole number that fits. */
static gboolean
numeric_int(const jp_pg_cell *c, gint64 *out)
{
	guint n = (guint)read_be(c->p, 2);
	gint16 weight = (gint16)read_be(c->p + 2, 2);
	guint sign = (guint)read_be(c->p + 4, 2);
	gint64 v = 0;

	if (c->len < 8 + 2 * (gsize)n || (sign != 0 && sign != 0x4000) || (int)n > weight + 1)
		return FALSE;
	for (int i = 0; i <= weight; i++) {
		gint64 digit = i < (int)n ? (gint64)read_be(c->p + 8 + 2 * i, 2) : 0;

		if (__builtin_mul_overflow(v, 10000, &v) || __builtin_add_overflow(v, digit, &v))
			return FALSE;
	}
	*out = sign ? -v : v;
	return TRUE;
}

jp_type
jp_pg_col_type(jp_stmt *st, int col)
{
	gint64 unused;

	if (!st->cells[col].p)
		return JP_TYPE_NULL;
	switch (st->col_types[col]) {
	case OID_BOOL:
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		return JP_TYPE_INT;
	case OID_NUMERIC:
		if (st->s->cols[col].type == JP_TYPE_REAL)
			return JP_TYPE_REAL;
		return numeric_int(&st->cells[col], &unused) ? JP_TYPE_INT : JP_TYPE_REAL;
	case OID_FLOAT4:
	case OID_FLOAT8:
		return JP_TYPE_REAL;
	case OID_TEXT:
	case OID_VARCHAR:
	case OID_UNKNOWN:
	case OID_JSON:
		return JP_TYPE_TEXT;
	default:
		return JP_TYPE_BLOB;
	}
}

gint64
jp_pg_col_int(jp_stmt *st, int col)
{
	const jp_pg_cell *c = &st->cells[col];
	gint64 v = 0;

	switch (st->col_types[col]) {
	case OID_BOOL:
		return (gint64)read_be(c->p, 1);
	case OID_INT2:
		return (gint16)read_be(c->p, 2);
	case OID_INT4:
		return (gint32)read_be(c->p, 4);
	case OID_NUMERIC:
		(void)numeric_int(c, &v); /* col_type has seen that it is one */
		return v;
	default:
		return (gint64)read_be(c->p, 8);
	}
}

double
jp_pg_col_real(jp_stmt *st, int col)
{
	const jp_pg_cell *c = &st->cells[col];
	guint64 bits = read_be(c->p, c->len);
	guint32 bits4 = (guint32)bits;
	double r = 0;
	float r4;

	if (st->col_types[col] == OID_NUMERIC)
		return numeric_real(c);
	if (st->col_types[col] == OID_FLOAT4) {
		memcpy(&r4, &bits4, sizeof(r4));
		return (double)r4;
	}
	memcpy(&r, &bits, sizeof(r));
	return r;
}

const char *
jp_pg_col_text(jp_stmt *st, int col)
{
	return st->cells[col].p;
}

const void *
jp_pg_col_blob(jp_stmt *st, int col, gsize *len)
{
	*len = st->cells[col].len;
	return st->cells[col].p;
}

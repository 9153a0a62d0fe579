/*
 * store.c and load.c: what a listing does to the database, event by event.
 */
#include "base/base.h"
#include "posting/posting.h"
#include "rawdb.h"

#define T0 (1700000000 * JP_SECOND)

typedef struct fixture {
	tmpdb t;
	rawdb *raw;
	gint64 board;
	jp_store_result result;
} fixture;

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_open(&f->t);
	f->raw = raw_open(&f->t);
	f->board = raw_board(f->raw, "greenhouse");
	f->result = (jp_store_result){0};
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	jp_store_result_clear(&f->result);
	raw_close(f->raw);
	tmpdb_close(&f->t);
}

/* ---- listings ------------------------------------------------------------------------ */

/* A posting that is not normalised yet. */
static jp_posting *
draft(const char *id, const char *title, const char *text)
{
	jp_posting *p = jp_posting_new();

	p->external_id = g_strdup(id);
	p->title = g_strdup(title);
	p->description = g_strdup(text);
	p->url = g_strdup_printf("https://jobs.example.org/%s", id);
	jp_posting_add_place(p, "Zürich, Switzerland");
	return p;
}

static GPtrArray *
listing_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
}

static void
add(GPtrArray *listing, jp_posting *p)
{
	g_autoptr(GError) error = NULL;

	jp_posting_normalise(p, "Lantern Works", &error);
	g_assert_no_error(error);
	g_ptr_array_add(listing, p);
}

/* Stores what is in the listing and notes the visit; frees the listing. */
static void
store_at(fixture *f, gint64 board, GPtrArray *listing, jp_trust trust, gboolean window, gint64 now)
{
	g_autofree char *success = g_strdup_printf(
	    "UPDATE board SET last_success_at = %" G_GINT64_FORMAT " WHERE id = %" G_GINT64_FORMAT,
	    now, board);

	jp_store_result_clear(&f->result);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_store(f->t.db, board, listing, NULL, trust, window, now, &f->result);
	jp_db_commit(f->t.db);
	raw_do(f->raw, success);
	g_ptr_array_free(listing, TRUE);
}

/* When the posting was seen last: by the board's last listing, or before. */
static void
assert_seen(const fixture *f, const char *id, gint64 want)
{
	g_autofree char *question =
	    g_strdup_printf("SELECT CASE WHEN p.unlisted = 0 THEN b.last_success_at "
			    "ELSE p.last_seen END FROM posting AS p "
			    "JOIN board AS b ON b.id = p.board_id WHERE p.external_id = '%s'",
		id);

	raw_assert_int(f->raw, question, want);
}

/* A listing of the letters' postings: "ab" are a and b. */
static GPtrArray *
letters(const char *ids)
{
	GPtrArray *listing = listing_new();

	for (; *ids; ids++) {
		char id[2] = {*ids, '\0'};
		g_autofree char *text = g_strdup_printf("All about lamp %s.", id);

		add(listing, draft(id, "Lamp fitter", text));
	}
	return listing;
}

static void
store(fixture *f, const char *ids, jp_trust trust, gint64 now)
{
	store_at(f, f->board, letters(ids), trust, FALSE, now);
}

/* "new:1 closed:2": what the result tells. */
static char *
events(const fixture *f)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; f->result.events && i < f->result.events->len; i++) {
		const jp_event *e = f->result.events->pdata[i];

		g_string_append_printf(out, "%s%s:%" G_GINT64_FORMAT, i ? " " : "",
		    jp_event_word(e->kind), e->posting_id);
	}
	return g_string_free(out, FALSE);
}

static void
assert_events(const fixture *f, const char *want)
{
	g_autofree char *got = events(f);

	g_assert_cmpstr(got, ==, want);
}

/* ---- cases --------------------------------------------------------------------------- */

static void
test_new(fixture *f, gconstpointer data)
{
	const jp_event *e;

	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	assert_events(f, "new:1 new:2");
	g_assert_cmpuint(f->result.n_new, ==, 2);
	e = f->result.events->pdata[0];
	g_assert_cmpstr(e->title, ==, "Lamp fitter");
	g_assert_cmpstr(e->company, ==, "Lantern Works");
	g_assert_cmpstr(e->place, ==, "Zürich, Switzerland");
	g_assert_cmpstr(e->url, ==, "https://jobs.example.org/a");
	raw_assert_int(f->raw, "SELECT count(*) FROM posting WHERE match_due = 1", 2);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_event WHERE kind = 'new'", 2);
	raw_assert_int(f->raw, "SELECT first_seen = last_seen FROM posting", 1);
	raw_assert_text(f->raw, "SELECT country FROM location WHERE posting_id = 1", "CH");
}

static void
test_unchanged(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	raw_do(f->raw, "UPDATE posting SET match_due = 0");
	store(f, "ab", JP_TRUST_COMPLETE, T0 + 5);
	assert_events(f, "");
	g_assert_cmpuint(f->result.n_unchanged, ==, 2);
	raw_assert_int(f->raw, "SELECT sum(match_due) FROM posting", 0);
	raw_assert_int(f->raw, "SELECT max(revision) FROM posting", 1);
	assert_seen(f, "a", T0 + 5);
	assert_seen(f, "b", T0 + 5);
	raw_assert_int(f->raw, "SELECT max(last_seen) FROM posting", T0); /* no row was written */
}

/* What comes and goes has a time of its own as long as it is away. */
static void
test_unlisted(fixture *f, gconstpointer data)
{
	static const char count[] = "SELECT sum(unlisted) FROM posting";

	(void)data;
	store(f, "abc", JP_TRUST_COMPLETE, T0);
	store(f, "abc", JP_TRUST_COMPLETE, T0 + 1);
	store(f, "a", JP_TRUST_PARTIAL, T0 + 2);
	raw_assert_int(f->raw, count, 2);
	assert_seen(f, "b", T0 + 1);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 3);
	assert_seen(f, "b", T0 + 1);
	store(f, "abc", JP_TRUST_PARTIAL, T0 + 4);
	raw_assert_int(f->raw, count, 0);
	raw_assert_int(f->raw, "SELECT sum(missed) FROM posting", 0);
	store(f, "ac", JP_TRUST_COMPLETE, T0 + 5);
	assert_seen(f, "a", T0 + 5);
	assert_seen(f, "b", T0 + 4);
	store(f, "c", JP_TRUST_COMPLETE, T0 + 6);
	assert_seen(f, "a", T0 + 5);
	assert_events(f, "closed:2");
	store(f, "abc", JP_TRUST_COMPLETE, T0 + 7);
	assert_events(f, "reopened:2");
	raw_assert_int(f->raw, count, 0);
	assert_seen(f, "a", T0 + 7);
}

static void
test_twice_in_one_listing(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "aba", JP_TRUST_COMPLETE, T0);
	assert_events(f, "new:1 new:2");
	store(f, "aa", JP_TRUST_COMPLETE, T0 + 1);
	g_assert_cmpuint(f->result.n_unchanged, ==, 1);
}

static void
test_unread_is_not_missing(fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) unread = g_ptr_array_new();

	(void)data;
	g_ptr_array_add(unread, (char[]){"b"});
	store(f, "abc", JP_TRUST_COMPLETE, T0);
	for (int i = 1; i <= JP_LIFE_MISSES; i++) {
		GPtrArray *listing = letters("a");

		jp_store_result_clear(&f->result);
		jp_db_begin(f->t.db, JP_TX_WRITE);
		jp_posting_store(f->t.db, f->board, listing, unread, JP_TRUST_COMPLETE, FALSE,
		    T0 + i, &f->result);
		jp_db_commit(f->t.db);
		g_ptr_array_free(listing, TRUE);
	}
	assert_events(f, "closed:3");
	raw_assert_int(f->raw, "SELECT count(*) FROM posting WHERE closed_at IS NULL", 2);
	raw_assert_int(f->raw, "SELECT missed FROM posting WHERE external_id = 'b'", 0);
}

/* Each field of R6 alone makes a change, and the event names it. */
static void
change_title(jp_posting *p)
{
	g_free(p->title);
	p->title = g_strdup("Chief lamp fitter");
}

static void
change_places(jp_posting *p)
{
	jp_posting_add_place(p, "Oslo, Norway");
}

static void
change_remote(jp_posting *p)
{
	p->remote = JP_REMOTE_HYBRID;
}

static void
change_type(jp_posting *p)
{
	p->employment = JP_EMPLOYMENT_CONTRACT;
}

static void
change_salary(jp_posting *p)
{
	jp_posting_set_salary(p, 50000, 60000, "CHF", "year");
}

static void
change_text(jp_posting *p)
{
	g_free(p->description);
	p->description = g_strdup("Fits other lamps.");
}

static void
change_nothing(jp_posting *p)
{
	p->updated_at = T0 + 99;
	p->department = g_strdup("Light");
	p->posted_at = T0;
}

static void
test_changed(fixture *f, gconstpointer data)
{
	static const struct {
		void (*change)(jp_posting *p);
		const char *what;
	} cases[] = {{change_title, "[\"title\"]"}, {change_places, "[\"locations\"]"},
	    {change_remote, "[\"remote\"]"}, {change_type, "[\"employment_type\"]"},
	    {change_salary, "[\"salary\"]"}, {change_text, "[\"description\"]"},
	    {change_nothing, NULL}};

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 board = raw_board(f->raw, "lever");
		GPtrArray *before = listing_new(), *after = listing_new();
		jp_posting *p = draft("x", "Lamp fitter", "Fits lamps.");

		add(before, draft("x", "Lamp fitter", "Fits lamps."));
		cases[i].change(p);
		add(after, p);
		store_at(f, board, before, JP_TRUST_COMPLETE, FALSE, T0);
		raw_do(f->raw, "UPDATE posting SET match_due = 0; DELETE FROM posting_event");
		store_at(f, board, after, JP_TRUST_COMPLETE, FALSE, T0 + 1);
		raw_assert_text(
		    f->raw, "SELECT what FROM posting_event WHERE kind = 'changed'", cases[i].what);
		g_assert_cmpuint(f->result.n_changed, ==, cases[i].what ? 1 : 0);
		raw_assert_int(f->raw, "SELECT match_due FROM posting ORDER BY id DESC LIMIT 1",
		    cases[i].what ? 1 : 0);
		raw_assert_int(f->raw, "SELECT revision FROM posting ORDER BY id DESC LIMIT 1",
		    cases[i].what ? 2 : 1);
	}
}

/* A version of our own rules that hashed otherwise is brought up to date without an event. */
static void
test_rules_changed(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	raw_do(f->raw, "UPDATE posting SET hash_version = 0, title = 'old rules', match_due = 0");
	raw_do(f->raw,
	    tmpdb_either(
		&f->t, "UPDATE posting SET hash = x'00'", "UPDATE posting SET hash = '\\x00'"));
	store(f, "ab", JP_TRUST_COMPLETE, T0 + 1);
	assert_events(f, "");
	g_assert_cmpuint(f->result.n_unchanged, ==, 2);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting WHERE title = 'Lamp fitter'", 2);
	raw_assert_int(f->raw, "SELECT max(revision) + sum(match_due) FROM posting", 1);
	raw_assert_int(f->raw, "SELECT min(length(hash)) FROM posting", 32);
}

/* A link or an end date that moved is kept, though nobody would call it a change. */
static void
test_links_are_kept(fixture *f, gconstpointer data)
{
	GPtrArray *listing = listing_new();
	jp_posting *p = draft("a", "Lamp fitter", "All about lamp a.");

	(void)data;
	store(f, "a", JP_TRUST_COMPLETE, T0);
	g_free(p->url);
	p->url = g_strdup("https://other.example.org/a");
	p->valid_through = T0 + JP_DAY;
	add(listing, p);
	store_at(f, f->board, listing, JP_TRUST_COMPLETE, FALSE, T0 + 1);
	assert_events(f, "");
	raw_assert_text(f->raw, "SELECT url FROM posting", "https://other.example.org/a");
	raw_assert_int(f->raw, "SELECT valid_through FROM posting", T0 + JP_DAY);
}

/* Promise 1: two complete listings in a row. */
static void
test_closed(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "abc", JP_TRUST_COMPLETE, T0);
	store(f, "ac", JP_TRUST_COMPLETE, T0 + 1);
	assert_events(f, "");
	raw_assert_int(f->raw, "SELECT missed FROM posting WHERE external_id = 'b'", 1);
	store(f, "ac", JP_TRUST_COMPLETE, T0 + 2);
	assert_events(f, "closed:2");
	g_assert_cmpuint(f->result.n_closed, ==, 1);
	raw_assert_text(
	    f->raw, "SELECT close_reason FROM posting WHERE external_id = 'b'", "missing");
	raw_assert_int(f->raw, "SELECT match_due FROM posting WHERE external_id = 'b'", 0);
	store(f, "ac", JP_TRUST_COMPLETE, T0 + 3);
	assert_events(f, "");
}

static void
test_untrusted_close_nothing(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "abc", JP_TRUST_COMPLETE, T0);
	for (gint64 i = 1; i < 6; i++)
		store(f, "a", i % 2 ? JP_TRUST_PARTIAL : JP_TRUST_SUSPECT, T0 + i);
	raw_assert_int(f->raw, "SELECT sum(missed) FROM posting WHERE closed_at IS NULL", 0);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting WHERE closed_at IS NULL", 3);
}

/* One seen between two misses starts the count again, in a partial listing too. */
static void
test_seen_again(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 1);
	store(f, "b", JP_TRUST_PARTIAL, T0 + 2);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 3);
	assert_events(f, "");
	store(f, "a", JP_TRUST_COMPLETE, T0 + 4);
	assert_events(f, "closed:2");
}

static void
test_reopened(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 1);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 2);
	store(f, "ab", JP_TRUST_COMPLETE, T0 + 3);
	assert_events(f, "reopened:2");
	raw_assert_int(f->raw, "SELECT match_due FROM posting WHERE id = 2", 1);
	raw_assert_int(f->raw, "SELECT missed FROM posting WHERE id = 2", 0);
	raw_assert_int(f->raw,
	    "SELECT closed_at IS NULL AND close_reason IS NULL FROM posting WHERE"
	    " id = 2",
	    1);
	raw_assert_int(f->raw, "SELECT first_seen FROM posting WHERE id = 2", T0);
}

/* H05: what comes again unchanged is seen again, and what it lacked is missed again. */
static void
test_same_again(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	store(f, "a", JP_TRUST_COMPLETE, T0 + 1);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_store_same(f->t.db, f->board, FALSE, T0 + 2, &f->result);
	jp_db_commit(f->t.db);
	assert_events(f, "closed:2");
	raw_assert_int(f->raw, "SELECT unlisted FROM posting WHERE id = 1", 0);
	assert_seen(f, "b", T0);
}

static void
test_same_window(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, "ab", JP_TRUST_COMPLETE, T0);
	store(f, "a", JP_TRUST_PARTIAL, T0 + 1);
	for (gint64 i = 2; i < 6; i++) {
		jp_db_begin(f->t.db, JP_TX_WRITE);
		jp_posting_store_same(f->t.db, f->board, TRUE, T0 + i, &f->result);
		jp_db_commit(f->t.db);
	}
	assert_events(f, "");
}

static const char *const windows[] = {"feed", "remoteok", NULL};

/* A feed is a window: absence says nothing, age does. */
static void
test_feed(fixture *f, gconstpointer data)
{
	gint64 feed = raw_board(f->raw, "feed");

	(void)data;
	store_at(f, feed, letters("ab"), JP_TRUST_COMPLETE, TRUE, T0);
	store_at(f, feed, letters("b"), JP_TRUST_COMPLETE, TRUE, T0 + 20 * JP_DAY);
	store_at(f, feed, letters("b"), JP_TRUST_COMPLETE, TRUE, T0 + 29 * JP_DAY);
	store(f, "z", JP_TRUST_COMPLETE, T0);
	jp_store_result_clear(&f->result);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_expire(f->t.db, windows, T0 + 31 * JP_DAY, 30 * JP_DAY, 100, &f->result);
	jp_db_commit(f->t.db);
	assert_events(f, "expired:1");
	raw_assert_text(f->raw, "SELECT close_reason FROM posting WHERE id = 1", "expired");
}

static void
expire(fixture *f, gint64 now, guint limit)
{
	jp_store_result_clear(&f->result);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_expire(f->t.db, windows, now, 30 * JP_DAY, limit, &f->result);
	jp_db_commit(f->t.db);
}

static GPtrArray *
dated(gint64 a, gint64 b)
{
	GPtrArray *listing = listing_new();
	jp_posting *p = draft("a", "Lamp fitter", "About a."),
		   *q = draft("b", "Lamp tester", "About b.");

	p->valid_through = a;
	q->valid_through = b;
	add(listing, p);
	add(listing, q);
	return listing;
}

static void
test_expired(fixture *f, gconstpointer data)
{
	(void)data;
	store_at(f, f->board, dated(T0 + 10, T0 + 5), JP_TRUST_COMPLETE, FALSE, T0);
	expire(f, T0 + 4, 10);
	assert_events(f, "");
	expire(f, T0 + 10, 1);
	assert_events(f, "expired:2");
	expire(f, T0 + 10, 10);
	assert_events(f, "expired:1");
	/* Still listed with that date it stays closed; with a later one it is open again. */
	store_at(f, f->board, dated(T0 + 10, T0 + 5), JP_TRUST_COMPLETE, FALSE, T0 + 20);
	assert_events(f, "");
	store_at(f, f->board, dated(T0 + 30, T0 + 5), JP_TRUST_COMPLETE, FALSE, T0 + 21);
	assert_events(f, "reopened:1");
}

static void
test_past_from_the_start(fixture *f, gconstpointer data)
{
	(void)data;
	store_at(f, f->board, dated(T0 - 1, T0 + 5), JP_TRUST_COMPLETE, FALSE, T0);
	assert_events(f, "new:1");
	raw_assert_text(f->raw, "SELECT external_id FROM posting", "b");
}

/* R7: the same text, or the same requisition, is one group. */
static void
test_groups(fixture *f, gconstpointer data)
{
	gint64 other = raw_board(f->raw, "feed");
	GPtrArray *one = listing_new(), *two = listing_new();
	jp_posting *p;

	(void)data;
	add(one, draft("a", "Lamp fitter (m/f/d)", "Fits lamps all day."));
	p = draft("b", "Lamp seller", "Sells lamps in Bern.");
	p->requisition = g_strdup("R-1");
	add(one, p);
	p = draft("c", "Lamp seller", "Sells lamps in Basel.");
	p->requisition = g_strdup("R-1");
	add(one, p);
	add(two, draft("z", "Lamp fitter - Zürich", "Fits lamps all day."));
	p = draft("y", "Lamp seller", "Sells lamps in Chur.");
	p->requisition = g_strdup("R-1"); /* another board's: says nothing */
	add(two, p);
	store_at(f, f->board, one, JP_TRUST_COMPLETE, FALSE, T0);
	store_at(f, other, two, JP_TRUST_COMPLETE, TRUE, T0);
	raw_assert_text(f->raw,
	    tmpdb_either(&f->t,
		"SELECT group_concat(external_id || group_id, ' ')"
		" FROM (SELECT external_id, group_id FROM posting ORDER BY id)",
		"SELECT string_agg(external_id || group_id, ' ' ORDER BY id) FROM posting"),
	    "a1 b2 c2 z1 y5");
}

/* R7: the groups that new postings join do not hang on where in the listing they stand, and the
 * text says more than the requisition. */
static void
test_groups_of_known(fixture *f, gconstpointer data)
{
	GPtrArray *one = listing_new(), *two = listing_new();
	jp_posting *p;

	(void)data;
	p = draft("a", "Lamp fitter", "Fits lamps all day.");
	p->requisition = g_strdup("R-1");
	add(one, p);
	add(one, draft("b", "Lamp seller", "Sells lamps in Bern."));
	add(one, draft("k", "Lamp smith", "Makes lamps in Brig."));
	store_at(f, f->board, one, JP_TRUST_COMPLETE, FALSE, T0);
	p = draft("c", "Lamp painter", "Paints lamps in Chur.");
	p->requisition = g_strdup("R-1"); /* of one that is known */
	add(two, p);
	p = draft("d", "Lamp smith", "Makes lamps in Brig.");
	p->requisition = g_strdup("R-1"); /* and a known one's text */
	add(two, p);
	p = draft("e", "Lamp tester", "Tests lamps in Thun.");
	p->requisition = g_strdup("R-2");
	add(two, p);
	p = draft("g", "Lamp tester", "Tests lamps in Visp.");
	p->requisition = g_strdup("R-2"); /* of a new one */
	add(two, p);
	add(two, draft("h", "Lamp packer", "Packs lamps in Zug."));
	p = draft("b", "Lamp packer", "Packs lamps in Zug."); /* says so now */
	add(two, p);
	store_at(f, f->board, two, JP_TRUST_PARTIAL, FALSE, T0 + JP_HOUR);
	raw_assert_text(f->raw,
	    tmpdb_either(&f->t,
		"SELECT group_concat(external_id || group_id, ' ')"
		" FROM (SELECT external_id, group_id FROM posting ORDER BY id)",
		"SELECT string_agg(external_id || group_id, ' ' ORDER BY id) FROM posting"),
	    "a1 b2 k3 c1 d3 e6 g6 h2");
}

/* More than wait for each other: all are stored, with all their parts, and told in order. */
static void
test_many(fixture *f, gconstpointer data)
{
	GPtrArray *one = listing_new(), *two = listing_new();

	(void)data;
	for (guint i = 0; i < 700; i++) {
		g_autofree char *id = g_strdup_printf("n%03u", i);
		g_autofree char *text = g_strdup_printf("Python, welding and %u lamps.", i);

		add(one, draft(id, "Lamp fitter", text));
	}
	store_at(f, f->board, one, JP_TRUST_COMPLETE, FALSE, T0);
	g_assert_cmpuint(f->result.n_new, ==, 700);
	raw_assert_int(f->raw, "SELECT count(*) FROM location WHERE n = 0", 700);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_skill WHERE skill = 'python'", 700);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_event WHERE id = posting_id", 700);
	for (guint i = 0; i < 700; i++) {
		g_autofree char *id = g_strdup_printf("n%03u", i);

		add(two, draft(id, "Lamp fitter", "Welding only."));
	}
	store_at(f, f->board, two, JP_TRUST_COMPLETE, FALSE, T0 + JP_HOUR);
	g_assert_cmpuint(f->result.n_changed, ==, 700);
	raw_assert_int(f->raw, "SELECT count(*) FROM location", 700);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_skill WHERE skill = 'python'", 0);
	raw_assert_int(f->raw,
	    "SELECT count(*) FROM posting_event WHERE id = posting_id + 700 AND kind = 'changed'"
	    " AND what = '[\"description\"]'",
	    700);
}

static void
test_load(fixture *f, gconstpointer data)
{
	GPtrArray *listing = listing_new();
	jp_posting *p = draft("a", "Lamp fitter", "Python and welding. Two lines:\n\nThe end.");
	g_autoptr(jp_posting) back = NULL;
	g_autofree char *was = NULL, *is = NULL;
	g_autoptr(cJSON) json = NULL, json_back = NULL;

	(void)data;
	p->requisition = g_strdup("R-7");
	p->department = g_strdup("Light & Sound");
	p->apply_url = g_strdup("https://jobs.example.org/apply");
	p->remote = JP_REMOTE_HYBRID;
	p->employment = JP_EMPLOYMENT_PART_TIME;
	p->level = JP_LEVEL_LEAD;
	p->language = g_strdup("en");
	p->posted_at = T0 - JP_DAY;
	p->posted_flags = JP_POSTED_DATE_ONLY;
	p->updated_at = T0;
	p->valid_through = T0 + JP_DAY;
	jp_posting_add_place(p, "Oslo, Norway");
	jp_posting_set_salary(p, 40.5, 60, "CHF", "per hour");
	add(listing, p);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_store(
	    f->t.db, f->board, listing, NULL, JP_TRUST_COMPLETE, FALSE, T0, &f->result);
	jp_db_commit(f->t.db);
	back = jp_posting_load(f->t.db, p->id);
	json = jp_posting_to_json(p);
	json_back = jp_posting_to_json(back);
	was = jp_json_line(json);
	is = jp_json_line(json_back);
	g_assert_cmpstr(is, ==, was);
	g_assert_cmpmem(back->hash, 32, p->hash, 32);
	g_assert_cmpint(back->dedupe_key, ==, p->dedupe_key);
	g_assert_cmpuint(back->skills->len, ==, 2);
	g_assert_null(jp_posting_load(f->t.db, 12345));
	g_ptr_array_free(listing, TRUE);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(fixture *f, gconstpointer data);
	} cases[] = {{"new", test_new}, {"unchanged", test_unchanged}, {"unlisted", test_unlisted},
	    {"twice-in-one-listing", test_twice_in_one_listing}, {"R6-changed", test_changed},
	    {"R6-rules-changed", test_rules_changed}, {"R6-links-are-kept", test_links_are_kept},
	    {"promise-1-closed", test_closed},
	    {"R1-R2-close-nothing", test_untrusted_close_nothing},
	    {"R1-unread-is-not-missing", test_unread_is_not_missing},
	    {"promise-1-seen-again", test_seen_again}, {"reopened", test_reopened},
	    {"H05-same-again", test_same_again}, {"same-window", test_same_window},
	    {"R1-feed-is-a-window", test_feed}, {"expired", test_expired},
	    {"past-from-the-start", test_past_from_the_start}, {"R7-groups", test_groups},
	    {"R7-groups-of-known", test_groups_of_known}, {"many", test_many}, {"load", test_load}};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/posting/store/%s", cases[i].name);

		g_test_add(path, fixture, NULL, set_up, cases[i].run, tear_down);
	}
	return g_test_run();
}

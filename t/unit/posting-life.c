/*
 * Promise 1, R1 and R2: what the life of postings allows.  The judge is compared with a rule
 * written down another way, and thousands of random histories of listings are stored and compared
 * with a small model of what the promise permits.
 */
#include "base/base.h"
#include "posting/posting.h"
#include "rawdb.h"

/* ---- the judge ----------------------------------------------------------------------- */

static jp_listing_facts
facts(gboolean complete, guint n_postings, guint n_open, guint8 hash, gint64 now)
{
	jp_listing_facts f = {
	    .complete = complete, .n_postings = n_postings, .n_open = n_open, .now = now};

	memset(f.hash, hash, sizeof(f.hash));
	return f;
}

static void
test_first_looks(void)
{
	static const struct {
		const char *what;
		gboolean complete;
		guint n_postings, n_open;
		jp_trust trust;
	} cases[] = {
	    {"R1 a partial listing", FALSE, 10, 10, JP_TRUST_PARTIAL},
	    {"R1 an empty partial one", FALSE, 0, 10, JP_TRUST_PARTIAL},
	    {"a new board", TRUE, 10, 0, JP_TRUST_COMPLETE},
	    {"a new board without postings", TRUE, 0, 0, JP_TRUST_COMPLETE},
	    {"as many as before", TRUE, 10, 10, JP_TRUST_COMPLETE},
	    {"exactly half", TRUE, 5, 10, JP_TRUST_COMPLETE},
	    {"R2 fewer than half", TRUE, 4, 10, JP_TRUST_SUSPECT},
	    {"R2 none from some", TRUE, 0, 10, JP_TRUST_SUSPECT},
	    {"R2 none from one", TRUE, 0, 1, JP_TRUST_SUSPECT},
	    {"R2 a small board's, too", TRUE, 1, 3, JP_TRUST_SUSPECT},
	    {"half of a small board's", TRUE, 1, 2, JP_TRUST_COMPLETE},
	    {"R2 four may not fall to one", TRUE, 1, 4, JP_TRUST_SUSPECT},
	    {"four may fall to two", TRUE, 2, 4, JP_TRUST_COMPLETE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_suspicion s = {0};
		jp_listing_facts f =
		    facts(cases[i].complete, cases[i].n_postings, cases[i].n_open, 1, 1000);

		g_test_message("%s", cases[i].what);
		g_assert_cmpint(jp_life_judge(&f, &s), ==, cases[i].trust);
		g_assert_cmpint(s.active, ==, cases[i].trust == JP_TRUST_SUSPECT);
	}
}

/* R2: unchanged on three visits that span a day. */
static void
test_waited_out(void)
{
	static const struct {
		const char *what;
		gint64 at[4]; /* hours of the visits; -1: none */
		jp_trust last;
	} cases[] = {
	    {"three over a day", {0, 12, 24, -1}, JP_TRUST_COMPLETE},
	    {"three within a day", {0, 1, 23, -1}, JP_TRUST_SUSPECT},
	    {"two over a day", {0, 30, -1, -1}, JP_TRUST_SUSPECT},
	    {"four over a day", {0, 1, 2, 24}, JP_TRUST_COMPLETE},
	    {"a clock that went back", {50, 60, 0, -1}, JP_TRUST_SUSPECT},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_suspicion s = {0};
		jp_trust trust = JP_TRUST_PARTIAL;

		for (guint k = 0; k < 4 && cases[i].at[k] >= 0; k++) {
			jp_listing_facts f = facts(TRUE, 0, 10, 7, cases[i].at[k] * JP_HOUR);

			trust = jp_life_judge(&f, &s);
		}
		g_test_message("%s", cases[i].what);
		g_assert_cmpint(trust, ==, cases[i].last);
	}
}

/* An item without an id may be what seems to be missing. */
static void
test_nameless(void)
{
	jp_suspicion s = {0};
	jp_listing_facts f = facts(TRUE, 9, 10, 1, 0);

	f.n_nameless = 1;
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_SUSPECT);
	f.now = 12 * JP_HOUR;
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_SUSPECT);
	f.now = 24 * JP_HOUR;
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
	/* the same postings, all that there are: no doubt is left */
	f.n_nameless = 0;
	s.visits = 1;
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
	g_assert_false(s.active);
	/* a new board has nothing to lose */
	f = facts(TRUE, 9, 0, 1, 0);
	f.n_nameless = 3;
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
}

/* Another short listing starts the wait again; a partial one between does not. */
static void
test_suspicion_restarts(void)
{
	jp_suspicion s = {0};
	jp_listing_facts f = facts(TRUE, 0, 10, 1, 0);

	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_SUSPECT);
	f = facts(FALSE, 0, 10, 9, 20 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_PARTIAL);
	f = facts(TRUE, 1, 10, 2, 24 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_SUSPECT);
	f = facts(TRUE, 1, 10, 2, 36 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_SUSPECT);
	f = facts(TRUE, 1, 10, 2, 48 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
	/* It stays trusted, and a full listing ends the suspicion. */
	f = facts(TRUE, 1, 10, 2, 49 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
	f = facts(TRUE, 10, 10, 3, 50 * JP_HOUR);
	g_assert_cmpint(jp_life_judge(&f, &s), ==, JP_TRUST_COMPLETE);
	g_assert_false(s.active);
}

/* ---- histories ----------------------------------------------------------------------- */

#define N_IDS   12
#define N_STEPS 40

/* What may be closed, written without looking at the code: for each posting the listings in a row
 * that were trusted and lacked it. */
struct model {
	gboolean known[N_IDS], open[N_IDS];
	guint misses[N_IDS];
};

static jp_posting *
posting(guint i, guint text)
{
	g_autoptr(GError) error = NULL;
	jp_posting *p = jp_posting_new();

	p->external_id = g_strdup_printf("id-%u", i);
	p->title = g_strdup_printf("Beekeeper %u", i);
	p->url = g_strdup_printf("https://example.org/%u", i);
	p->description = g_strdup_printf("Text number %u of posting %u.", text, i);
	g_assert_true(jp_posting_normalise(p, "Apiary Ltd", &error));
	return p;
}

/* Which of the board's postings the database holds open. */
static void
read_open(rawdb *raw, gint64 board, gboolean open[N_IDS])
{
	g_autofree char *sql =
	    g_strdup_printf("SELECT %s FROM posting"
			    " WHERE board_id = %" G_GINT64_FORMAT " AND closed_at IS NULL",
		raw->file ? "group_concat(substr(external_id, 4))"
			  : "string_agg(substr(external_id, 4), ',')",
		board);
	g_autofree char *list = raw_text(raw, sql);
	g_auto(GStrv) ids = g_strsplit(list ? list : "", ",", -1);

	memset(open, 0, N_IDS * sizeof(*open));
	for (char **id = ids; *id; id++) {
		gint64 i;

		g_assert_true(jp_int_parse(*id, 0, N_IDS - 1, &i));
		open[i] = TRUE;
	}
}

static void
model_step(struct model *m, const gboolean present[N_IDS], gboolean trusted)
{
	for (guint i = 0; i < N_IDS; i++) {
		if (present[i]) {
			m->known[i] = m->open[i] = TRUE;
			m->misses[i] = 0;
		} else if (trusted && m->open[i] && ++m->misses[i] >= 2) {
			m->open[i] = FALSE;
		}
	}
}

static guint
n_open(const struct model *m)
{
	guint n = 0;

	for (guint i = 0; i < N_IDS; i++)
		n += m->open[i];
	return n;
}

/* A listing: mostly what was there before, sometimes short, empty, failed or partial. */
static void
choose(GRand *rand, gboolean present[N_IDS], gboolean *complete)
{
	gint kind = g_rand_int_range(rand, 0, 10);

	*complete = g_rand_int_range(rand, 0, 4) != 0;
	for (guint i = 0; i < N_IDS; i++) {
		if (kind == 0)
			present[i] = FALSE;
		else if (kind == 1)
			present[i] = g_rand_int_range(rand, 0, 5) == 0;
		else if (kind < 6 && g_rand_int_range(rand, 0, 6) == 0)
			present[i] = !present[i];
	}
}

static void
run_history(tmpdb *t, rawdb *raw, guint32 seed)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	gint64 board = raw_board(raw, "greenhouse"), now = 1000 * JP_DAY;
	struct model m = {0};
	gboolean present[N_IDS] = {TRUE, TRUE, TRUE, TRUE, TRUE, TRUE}, open[N_IDS];
	jp_suspicion suspicion = {0};

	for (guint step = 0; step < N_STEPS; step++) {
		g_autoptr(GPtrArray) listing =
		    g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
		jp_store_result result = {0};
		jp_listing_facts f;
		gboolean complete;
		jp_trust trust;

		now += g_rand_int_range(rand, 1, 20) * JP_HOUR;
		choose(rand, present, &complete);
		for (guint i = 0; i < N_IDS; i++)
			if (present[i])
				g_ptr_array_add(listing, posting(i, step % 3));
		f = facts(complete, listing->len, n_open(&m), 0, now);
		for (guint i = 0; i < N_IDS; i++)
			f.hash[i] = present[i] ? 1 : 0;
		trust = jp_life_judge(&f, &suspicion);
		if (!complete)
			g_assert_cmpint(trust, ==, JP_TRUST_PARTIAL);
		jp_db_begin(t->db, JP_TX_WRITE);
		jp_posting_store(t->db, board, listing, NULL, trust, FALSE, now, &result);
		jp_db_commit(t->db);
		jp_store_result_clear(&result);
		model_step(&m, present, trust == JP_TRUST_COMPLETE);
		read_open(raw, board, open);
		for (guint i = 0; i < N_IDS; i++)
			if (open[i] != m.open[i])
				g_error(
				    "seed %u, step %u, posting %u: open %d, the promise says %d",
				    seed, step, i, open[i], m.open[i]);
	}
}

/* Promise 1: exactly what two trusted listings in a row lacked is closed, whatever comes
 * between. */
static void
test_histories(void)
{
	guint n = g_getenv("JP_SOAK") && *g_getenv("JP_SOAK") ? 3000 : 60;
	guint32 seed = g_test_rand_int_range(0, G_MAXINT32 / 2);
	rawdb *raw;
	tmpdb t;

	tmpdb_open(&t);
	raw = raw_open(&t);
	g_test_message("seeds %u to %u", seed, seed + n - 1);
	for (guint i = 0; i < n; i++)
		run_history(&t, raw, seed + i);
	raw_close(raw);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/life/R1-R2-first-looks", test_first_looks);
	g_test_add_func("/posting/life/R2-waited-out", test_waited_out);
	g_test_add_func("/posting/life/promise-1-nameless", test_nameless);
	g_test_add_func("/posting/life/R2-restarts", test_suspicion_restarts);
	g_test_add_func("/posting/life/promise-1-histories", test_histories);
	return g_test_run();
}

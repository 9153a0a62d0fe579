/*
 * enrich.c, salary.c and skills.c: what is read from title and text; and how well, on recorded
 * labels.
 */
#include <string.h>

#include "base/embed.h"
#include "labels.h"

static jp_posting *
normalised(const char *title, const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_posting *p = jp_posting_new();

	p->external_id = g_strdup("1");
	p->title = g_strdup(title);
	p->description = g_strdup(text);
	p->url = g_strdup("https://example.org/1");
	jp_posting_normalise(p, "Lantern Works", &error);
	g_assert_no_error(error);
	return p;
}

/* ---- salaries -------------------------------------------------------------------------------- */

static void
test_salaries(void)
{
	static const struct {
		const char *text, *want; /* "min-max currency period" in whole units; NULL: none */
	} cases[] = {
	    {"Salary range: $70,000 - $82,000", "70000-82000 USD -"},
	    {"We pay $120k–$150k", "120000-150000 USD -"},
	    {"$120k–$150k", "120000-150000 USD -"},
	    {"Gehalt: 60.000 € - 75.000 € pro Jahr", "60000-75000 EUR year"},
	    {"Das Jahresgehalt liegt bei 55-65k EUR.", "55000-65000 EUR year"},
	    {"£45,000 per annum", "45000-45000 GBP year"},
	    {"EUR 4.500 brutto/Monat", "4500-4500 EUR month"},
	    {"3.200,- € brutto im Monat", "3200-3200 EUR month"},
	    {"$16.00/hour plus tips", "16-16 USD hour"},
	    {"pay: $25 - $30 per hour", "25-30 USD hour"},
	    {"$18/hr to $22/hr", "18-22 USD hour"},
	    {"CHF 100'000 – 120'000 p.a.", "100000-120000 CHF year"},
	    {"salaire : 50 000 € - 60 000 € brut par an", "50000-60000 EUR year"},
	    {"Salary: 120,000 - 140,000", "120000-140000 - -"},
	    {"Base salary: 140-170k depending on level", "140000-170000 - -"},
	    {"Salary up to £60,000 per year", "0-60000 GBP year"},
	    {"Salary from £40,000 per year", "40000-0 GBP year"},
	    {"Compensation $85,000+ a year", "85000-0 USD year"},
	    {"Salary: 450 000 - 550 000 SEK per year", "450000-550000 SEK year"},
	    /* zones: the widest */
	    {"Pay zone A: $75,000 - $120,000 USD. Zone B: $65,000 - $104,000 USD.",
		"65000-120000 USD -"},
	    /* not pay */
	    {"We raised $750M in funding", NULL},
	    {"5-7 years of experience", NULL},
	    {"Up to $5,000 bonus a year", NULL},
	    {"a $150 monthly stipend", NULL},
	    {"a learning budget of €2,000 per year", NULL},
	    {"You own a sales quota of $900,000 per year", NULL},
	    {"Founded in 2015, 20,000 customers", NULL},
	    {"Our revenue grew from $40,000 to $90,000", NULL},
	    {"401(k) match up to 4%", NULL},
	    {"Call +1 555 010 9999, room 40-50", NULL},
	    {"Salary: competitive", NULL},
	    {"", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = normalised("Lamp fitter", cases[i].text);
		g_autofree char *got = NULL;

		if (p->salary_min || p->salary_max)
			got = g_strdup_printf("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT " %s %s",
			    p->salary_min / 1000000, p->salary_max / 1000000,
			    *p->salary_currency ? p->salary_currency : "-",
			    p->salary_period ? jp_period_word(p->salary_period) : "-");
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

/* Promise 6: a text of nothing but prices. */
static void
test_many_amounts(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gint64 began = jp_monotonic_us();

	while (text->len < JP_MAX_DESCRIPTION)
		g_string_append(text, "$1 - $2 ");
	g_string_append(text, "salary: $70,000 - $80,000 per year");
	jp_posting_free(normalised("Lamp fitter", text->str));
	g_assert_cmpint(jp_monotonic_us() - began, <, 30 * G_USEC_PER_SEC);
}

static void
test_given_salary_stays(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_posting) p = jp_posting_new();

	p->external_id = g_strdup("1");
	p->title = g_strdup("Lamp fitter");
	p->url = g_strdup("https://example.org/1");
	p->description = g_strdup("Salary: $90,000 - $99,000 per year");
	jp_posting_set_salary(p, 10, 20, "EUR", "hour");
	g_assert_true(jp_posting_normalise(p, "x", &error));
	g_assert_cmpint(p->salary_min, ==, 10000000);
	g_assert_cmpstr(p->salary_currency, ==, "EUR");
}

/* ---- fields -------------------------------------------------------------------------- */

static void
test_fields(void)
{
	static const struct {
		const char *title, *text, *remote, *type, *level;
	} cases[] = {
	    {"Lamp fitter", "Fits lamps.", NULL, NULL, NULL},
	    {"Lamp fitter (Remote)", "", "remote", NULL, NULL},
	    {"Lamp fitter - hybrid", "", "hybrid", NULL, NULL},
	    {"Remote sensing analyst", "", NULL, NULL, NULL},
	    {"Hybrid cloud engineer", "", NULL, NULL, NULL},
	    {"Lamp fitter", "This is a fully remote position.", "remote", NULL, NULL},
	    {"Lamp fitter", "You work in a hybrid model.", "hybrid", NULL, NULL},
	    {"Lamp fitter", "Three days per week in the office.", "hybrid", NULL, NULL},
	    {"Lamp fitter", "This is an on-site role.", "onsite", NULL, NULL},
	    {"Lamp fitter", "Fully remote, or hybrid work in Oslo.", NULL, NULL, NULL},
	    {"Lamp fitter", "Our company is remote-first.", NULL, NULL, NULL},
	    {"Lampenmonteur (Vollzeit/Teilzeit)", "", NULL, "full_time", NULL},
	    {"Lamp fitter, part-time", "", NULL, "part_time", NULL},
	    {"Lamp intern", "", NULL, "internship", "intern"},
	    {"Praktikum Lampenbau", "", NULL, "internship", "intern"},
	    {"Ausbildung Lampenbau", "", NULL, "apprenticeship", "entry"},
	    {"Contract manager", "", NULL, NULL, "mid"},
	    {"Lamp fitter (6 month contract)", "", NULL, "contract", NULL},
	    {"Lamp fitter", "A full-time position with us.", NULL, "full_time", NULL},
	    {"Lamp fitter", "Full-time position or part-time position.", NULL, NULL, NULL},
	    {"Senior lamp fitter", "", NULL, NULL, "senior"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_posting) p = normalised(cases[i].title, cases[i].text);

		g_test_message("%s: %s", cases[i].title, cases[i].text);
		g_assert_cmpstr(jp_remote_word(p->remote), ==, cases[i].remote);
		g_assert_cmpstr(jp_employment_word(p->employment), ==, cases[i].type);
		g_assert_cmpstr(jp_level_word(p->level), ==, cases[i].level);
	}
}

static void
test_language(void)
{
	g_autoptr(jp_posting) p = normalised("Gärtner",
	    "Wir suchen für unser Team einen Gärtner, der mit uns den Park pflegt und die Rosen.");
	g_autoptr(jp_posting) q = normalised("Gardener", "Roses.");

	g_assert_cmpstr(p->language, ==, "de");
	g_assert_null(q->language);
}

/* ---- skills -------------------------------------------------------------------------- */

static void
test_skills(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"Python, K8s and C++", "python kubernetes c++"},
	    {"React.js with Node.js, PostgreSQL", "react node.js postgresql"},
	    {"Python PYTHON python3", "python"},
	    {".NET and C#", ".net c#"},
	    /* words that are skills only sometimes */
	    {"Python, Go, R, SQL", "python go r sql"},
	    {"You go far and let go of old habits.", ""},
	    {"Go to our page. R is a letter; C too.", ""},
	    {"Excel at what you do.", ""},
	    {"You know Excel and Word, PowerPoint", "excel word powerpoint"},
	    {"In a Word: great", ""},
	    {"React to change, spring into action", ""},
	    {"Kotlin (Spring)", "kotlin spring"},
	    {"golang or Rust", "go rust"},
	    /* the longest name wins */
	    {"Spring Boot", "spring boot"},
	    {"machine learning engineer", "machine learning"},
	    /* other professions, other languages */
	    {"Staplerschein und HACCP", "forklift food safety"},
	    {"Buchhaltung mit DATEV", "accounting datev"},
	    {"permis de conduire, soudure", "driving licence welding"},
	    {"Wound dressing, phlebotomy and CPR", "phlebotomy cpr"},
	    {"health insurance for your family", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) found = jp_skills_find(cases[i].text);
		g_autoptr(GString) got = g_string_new(NULL);

		for (guint k = 0; k < found->len; k++)
			g_string_append_printf(got, "%s%s", k ? " " : "", (char *)found->pdata[k]);
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(got->str, ==, cases[i].want);
	}
}

/* Each canonical name means itself, or a subscriber could not ask for it. */
static void
test_all_skill_names(void)
{
	g_auto(GStrv) lines = NULL;

	for (const jp_embedded_file *f = jp_embedded; f->name; f++)
		if (strcmp(f->name, "posting/skills.tsv") == 0)
			lines = g_strsplit(f->data, "\n", -1);
	g_assert_nonnull(lines);
	g_assert_cmpuint(g_strv_length(lines), >, 300);
	for (char **line = lines; *line; line++) {
		const char *name = *line + (**line == '=');
		g_autofree char *canonical = g_strndup(name, strcspn(name, "\t"));

		if (**line && **line != '#')
			g_assert_cmpstr(jp_skill_read(canonical), ==, canonical);
	}
}

static void
test_skill_names(void)
{
	g_assert_cmpstr(jp_skill_read("k8s"), ==, "kubernetes");
	g_assert_cmpstr(jp_skill_read("Kubernetes"), ==, "kubernetes");
	g_assert_cmpstr(jp_skill_read("go"), ==, "go");
	g_assert_cmpstr(jp_skill_read("C++"), ==, "c++");
	g_assert_cmpstr(jp_skill_read("c"), ==, "c");
	g_assert_cmpstr(jp_skill_read("spring boot"), ==, "spring boot");
	g_assert_cmpstr(jp_skill_read("insurance"), ==, "insurance");
	g_assert_null(jp_skill_read("spring boot extra"));
	g_assert_null(jp_skill_read("underwater basket weaving"));
	g_assert_null(jp_skill_read(""));
	g_assert_null(jp_skill_read(NULL));
}

/* ---- the labels ---------------------------------------------------------------------- */

static void
test_labels(void)
{
	label_scores s;

	if (!label_measure(&s)) {
		g_test_skip("skipped: no recorded data");
		return;
	}
	g_assert_cmpfloat(score_accuracy(&s.level), >=, 0.92);
	g_assert_cmpfloat(score_precision(&s.level), >=, 0.87);
	g_assert_cmpfloat(score_accuracy(&s.country), >=, 0.95);
	g_assert_cmpfloat(score_precision(&s.country), >=, 0.98);
	g_assert_cmpfloat(score_accuracy(&s.city), >=, 0.92);
	g_assert_cmpfloat(score_f1(&s.salary), >=, 0.97);
	g_assert_cmpfloat(score_accuracy(&s.gold_country), >=, 0.93);
	g_assert_cmpfloat(score_precision(&s.gold_country), >=, 0.98);
	g_assert_cmpfloat(score_accuracy(&s.gold_city), >=, 0.90);
	g_assert_cmpfloat(score_accuracy(&s.gold_level), >=, 0.85);
	g_assert_cmpfloat(score_precision(&s.gold_remote), >=, 0.98);
	g_assert_cmpfloat(score_precision(&s.gold_salary), >=, 0.75);
	g_assert_cmpfloat(score_recall(&s.skills), >=, 0.90);
	g_assert_cmpfloat(score_recall(&s.ergon_skills), >=, 0.90);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/salary/texts", test_salaries);
	g_test_add_func("/posting/salary/many-amounts", test_many_amounts);
	g_test_add_func("/posting/salary/given-stays", test_given_salary_stays);
	g_test_add_func("/posting/enrich/fields", test_fields);
	g_test_add_func("/posting/enrich/language", test_language);
	g_test_add_func("/posting/skills/texts", test_skills);
	g_test_add_func("/posting/skills/names", test_skill_names);
	g_test_add_func("/posting/skills/all-names", test_all_skill_names);
	g_test_add_func("/posting/enrich/labels", test_labels);
	return g_test_run();
}

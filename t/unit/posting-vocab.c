/* vocab.c: what services and titles write, in our words. */
#include "posting/posting.h"

static void
test_words(void)
{
	for (guint i = 1; i < JP_N_REMOTE; i++) {
		jp_remote v;

		g_assert_true(jp_remote_from_word(jp_remote_word((jp_remote)i), &v));
		g_assert_cmpint(v, ==, i);
	}
	for (guint i = 1; i < JP_N_EMPLOYMENT; i++) {
		jp_employment v;

		g_assert_true(jp_employment_from_word(jp_employment_word((jp_employment)i), &v));
		g_assert_cmpint(v, ==, i);
	}
	for (guint i = 1; i < JP_N_LEVEL; i++) {
		jp_level v;

		g_assert_true(jp_level_from_word(jp_level_word((jp_level)i), &v));
		g_assert_cmpint(v, ==, i);
	}
	for (guint i = 1; i <= JP_PERIOD_YEAR; i++) {
		jp_period v;

		g_assert_true(jp_period_from_word(jp_period_word((jp_period)i), &v));
		g_assert_cmpint(v, ==, i);
	}
}

static void
test_no_words(void)
{
	jp_remote remote = JP_REMOTE_REMOTE;
	jp_level level = JP_LEVEL_LEAD;

	g_assert_null(jp_remote_word(JP_REMOTE_UNKNOWN));
	g_assert_null(jp_level_word(JP_LEVEL_UNKNOWN));
	g_assert_false(jp_remote_from_word("Remote", &remote)); /* exactly our words */
	g_assert_cmpint(remote, ==, JP_REMOTE_UNKNOWN);
	g_assert_false(jp_level_from_word(NULL, &level));
	g_assert_false(jp_level_from_word("", &level));
}

#define CHECK(read, word, cases)                                                                   \
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {                                          \
		g_test_message("%s", (cases)[i].text ? (cases)[i].text : "NULL");                  \
		g_assert_cmpstr(word(read((cases)[i].text)), ==, (cases)[i].want);                 \
	}

struct text_case {
	const char *text, *want;
};

static void
test_remote(void)
{
	static const struct text_case cases[] = {{NULL, NULL}, {"", NULL}, {"Remote", "remote"},
	    {"REMOTE", "remote"}, {"Fully remote", "remote"}, {"fully", "remote"},
	    {"Fully on-site", "onsite"}, {"Flexible", NULL}, {"remote_local", "remote"},
	    {"telecommute", "remote"}, {"TELECOMMUTE", "remote"}, {"Home Office", "remote"},
	    {"Télétravail", "remote"}, {"teletrabajo", "remote"}, {"Da remoto", "remote"},
	    {"thuiswerken", "remote"}, {"distans", "remote"}, {"Hybrid", "hybrid"},
	    {"Hybrid Remote", "hybrid"}, {"híbrido", "hybrid"}, {"ibrido", "hybrid"},
	    {"hybride", "hybrid"}, {"On-site", "onsite"}, {"onsite", "onsite"},
	    {"OnSite", "onsite"}, {"In-Office", "onsite"}, {"in person", "onsite"},
	    {"Vor Ort", "onsite"}, {"présentiel", "onsite"}, {"no remote", "onsite"},
	    {"Onsite or Remote", "hybrid"}, {"unspecified", NULL}, {"Full-time: Remote", "remote"},
	    {"Berlin", NULL}};

	CHECK(jp_remote_read, jp_remote_word, cases);
}

static void
test_employment(void)
{
	static const struct text_case cases[] = {{NULL, NULL}, {"", NULL},
	    {"FullTime", "full_time"}, {"FULL_TIME", "full_time"},
	    {"Full-time: Remote", "full_time"}, {"Vollzeit", "full_time"},
	    {"Festanstellung, Vollzeit", "full_time"}, {"permanent", "full_time"},
	    {"fulltime_permanent", "full_time"}, {"parttime_permanent", "part_time"},
	    {"CDI", "full_time"}, {"Temps plein", "full_time"}, {"jornada completa", "full_time"},
	    {"heltid", "full_time"}, {"Tempo pieno", "full_time"},
	    {"Vollzeit / Teilzeit", "full_time"}, {"Part time", "part_time"},
	    {"Teilzeit", "part_time"}, {"deeltijd", "part_time"}, {"Deltid", "part_time"},
	    {"Meio período", "part_time"}, {"Intern", "internship"},
	    {"Internship (Full-time)", "internship"}, {"Praktikum", "internship"},
	    {"Werkstudent", "internship"}, {"Stage", "internship"}, {"Estágio", "internship"},
	    {"trainee", "internship"}, {"Ausbildung", "apprenticeship"},
	    {"Apprenticeship", "apprenticeship"}, {"Alternance", "apprenticeship"},
	    {"Contractor", "contract"}, {"CONTRACTOR", "contract"}, {"freelance", "contract"},
	    {"Freiberuflich", "contract"}, {"Contract", "contract"},
	    {"Permanent contract", "full_time"}, {"Full-time contract", "full_time"},
	    {"Temporary", "temporary"}, {"Fixed Term", "temporary"}, {"CDD", "temporary"},
	    {"befristet", "temporary"}, {"Seasonal", "temporary"}, {"VOLUNTEER", "volunteer"},
	    {"Ehrenamt", "volunteer"}, {"PER_DIEM", "per_diem"}, {"PRN", "per_diem"},
	    {"OTHER", "other"}, {"Sonstiges", "other"}, {"Lighthouse Programme", NULL}};

	CHECK(jp_employment_read, jp_employment_word, cases);
}

static void
test_period(void)
{
	static const struct text_case cases[] = {{NULL, NULL}, {"NONE", NULL},
	    {"per-year-salary", "year"}, {"per-hour-wage", "hour"}, {"1 YEAR", "year"},
	    {"1 HOUR", "hour"}, {"YEARLY", "year"}, {"YEAR", "year"}, {"HOUR", "hour"},
	    {"month", "month"}, {"per-month-salary", "month"}, {"weekly", "week"}, {"DAY", "day"},
	    {"per annum", "year"}, {"Jahr", "year"}, {"monatlich", "month"}, {"par an", "year"},
	    {"al mes", "month"}, {"per maand", "month"}, {"brutto im Monat", "month"},
	    /* R: two weeks are no week. */
	    {"2 WEEK", NULL}, {"0.5 MONTH", NULL}, {"one-time", NULL}};

	for (guint i = 0; i < G_N_ELEMENTS(cases) - 1; i++) {
		g_test_message("%s", cases[i].text ? cases[i].text : "NULL");
		g_assert_cmpstr(jp_period_word(jp_period_read(cases[i].text)), ==, cases[i].want);
	}
}

static void
test_level(void)
{
	static const struct text_case cases[] = {{NULL, NULL}, {"", NULL}, {"Glass blower", NULL},
	    {"Senior Engineer", "senior"}, {"Sr. Engineer II", "senior"}, {"Engineer II", "mid"},
	    {"Engineer III", "senior"}, {"Accountant I / II", "entry"}, {"Analyst 1", "entry"},
	    {"Planner 2", "mid"}, {"Room 2 Cleaner", NULL}, {"R&I Analyst", NULL},
	    {"Junior Developer", "entry"}, {"Junior Product Manager", "entry"},
	    {"Graduate Nurse", "entry"}, {"Associate Chemist", "entry"},
	    {"Ausbildung zur Köchin", "entry"}, {"Business Analyst Intern", "intern"},
	    {"Internal Auditor", NULL}, {"Werkstudent Marketing (m/w/d)", "intern"},
	    {"Stagiaire RH", "intern"}, {"Praktikum im Einkauf", "intern"},
	    {"Student Success Coach", NULL}, {"Lead Engineer", "lead"},
	    {"Staff Software Engineer", "lead"}, {"Principal Architect", "lead"},
	    {"Staff Nurse", NULL}, {"Member of Technical Staff", NULL},
	    {"Lead Generation Specialist", NULL}, {"Tech Lead", "lead"},
	    {"Store Manager", "manager"}, {"Senior Manager, Sales", "manager"},
	    {"Engineering Manager", "manager"}, {"Product Manager", "mid"},
	    {"Senior Product Manager", "senior"}, {"Assistant Manager", NULL},
	    {"Senior Sales Operations Manager", "senior"}, {"Teamleiterin Versand", "manager"},
	    {"Director of Finance", "director"}, {"Associate Director", "director"},
	    {"Head of Sales", "director"}, {"Art Director", NULL},
	    {"Directeur commercial", "director"}, {"VP Engineering", "executive"},
	    {"Vice President", "executive"}, {"CEO", "executive"},
	    {"Chief Financial Officer", "executive"}, {"Assistant to the CEO", NULL},
	    {"Chief of Staff", NULL}, {"Geschäftsführer (m/w/d)", "executive"},
	    {"Mid-Market Account Executive", NULL}, {"Mid-level Designer", "mid"}};

	CHECK(jp_level_read, jp_level_word, cases);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/vocab/words", test_words);
	g_test_add_func("/posting/vocab/no-words", test_no_words);
	g_test_add_func("/posting/vocab/remote", test_remote);
	g_test_add_func("/posting/vocab/employment", test_employment);
	g_test_add_func("/posting/vocab/period", test_period);
	g_test_add_func("/posting/vocab/level", test_level);
	return g_test_run();
}

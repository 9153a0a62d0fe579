/*
 * What a title says: level, employment type and work model, read in one pass from the phrases of
 * all lists below.
 */
#include <string.h>

#include "posting/internal.h"

/* ---- lists ---------------------------------------------------------------------------- */

enum {
	INTERN,
	STUDENT_LIFE,
	EXECUTIVE,
	SERVES,
	DIRECTOR,
	NO_DIRECTOR,
	BEGINNER,
	PEOPLE,
	NO_PEOPLE,
	SENIOR_MANAGER,
	THINGS,
	GENERAL,
	LEAD,
	NO_LEAD,
	SENIOR,
	MIDDLE,
	MID_MARKET,
	ENTRY,
	ASSOCIATE,
	NO_ASSOCIATE,
	TYPE_FULL, /* before all other types */
	TYPES,     /* and those, in their order */
	HYBRID = TYPES + 8,
	HYBRID_CLOUD,
	NO_REMOTE,
	REMOTE,
	ONSITE,
	N_LISTS
};

/* '|' between phrases. */
static const char *const lists[N_LISTS] = {
    [INTERN] =
	"intern|interns|internship|praktikum|praktikant|praktikantin|pflichtpraktikum|werkstudent|"
	"werkstudentin|working student|student|students|studentische|studentischer|stagiaire|stage|"
	"stagiair|becario|becaria|pasante|tirocinante|tirocinio|estagio|estagiario|estagiaria|co "
	"op|"
	"praktik|harjoittelija|abschlussarbeit|masterarbeit|bachelorarbeit",
    [STUDENT_LIFE] =
	"student success|student affairs|student services|student advisor|student housing",
    [EXECUTIVE] =
	"ceo|cto|cfo|coo|cio|ciso|cmo|cpo|chro|chief|vp|svp|evp|avp|vice president|vice presidente|"
	"vizeprasident|president|geschaftsfuhrer|geschaftsfuhrerin|managing director|vorstand|"
	"directeur general|director general|general counsel",
    /* "Assistant to the CEO" is not one, nor is the chief of staff. */
    [SERVES] = "to the ceo|to ceo|to the cto|to the cfo|to the coo|to the chief|"
	       "assistant to|assistenz|assistent|executive assistant|chief of staff|"
	       "office of the ceo|to the vp|to the president|group associate|"
	       "chief engineer|sous chief|asst to|to chief",
    [DIRECTOR] =
	"director|directors|directeur|directrice|directora|direktor|direktorin|diretor|diretora|"
	"direttore|direttrice|direktorn|head|head "
	"of|bereichsleiter|bereichsleiterin|bereichsleitung|"
	"dean|directie",
    [NO_DIRECTOR] = "art director|creative director|to the director|assistant to",
    [BEGINNER] = "junior|jr|jnr|trainee|graduate|azubi|ausbildung",
    [PEOPLE] = "manager|mgr|managers|teamleiter|teamleiterin|teamleitung|abteilungsleiter|"
	       "abteilungsleiterin|"
	       "abteilungsleitung|filialleiter|filialleiterin|filialleitung|betriebsleiter|leiter|"
	       "leiterin|"
	       "leitung|gruppenleiter|gerente|jefe|jefa|chef d "
	       "equipe|responsabile|teamchef|avdelingsleder|"
	       "avdelningschef|gestionnaire|manageur",
    [NO_PEOPLE] = "assistant manager|asst manager|executive assistant",
    [SENIOR_MANAGER] = "senior manager|sr manager|sr mgr",
    /* Managers of things, not of people. */
    [THINGS] =
	"product manager|project manager|program manager|programme manager|account manager|"
	"accounts manager|case manager|community manager|product marketing manager|partner manager|"
	"customer success manager|success manager|change manager|campaign manager|content manager|"
	"social media manager|category manager|portfolio manager|release manager|relationship "
	"manager|"
	"property manager|event manager|brand manager|contract manager|data manager|policy manager|"
	"treasury manager|projektmanager|produktmanager|delivery project manager|asset manager|"
	"project contract manager|sales manager|key account manager|area sales manager",
    [GENERAL] = "general manager|engineering manager|regional manager|senior manager|"
		"sr manager|branch manager|store manager|operations manager",
    [LEAD] = "lead|leads|team leader|principal|princ|staff|tl|team lead|tech "
	     "lead|techlead|teamlead|lider|"
	     "lead developer|ledare|capo",
    [NO_LEAD] = "staff accountant|staff nurse|technical staff|staff assistant|lead generation|"
		"chief of staff|bank staff|support staff|staff member",
    [SENIOR] = "senior|sr|snr|sen|seniorin|sse|confirme|experimente",
    [MIDDLE] = "mid|intermediate|midlevel|mid level|medior|l2",
    [MID_MARKET] = "mid market",
    [ENTRY] =
	"junior|jr|jnr|graduate|graduates|new grad|entry level|entry|trainee|trainees|absolvent|"
	"absolventin|berufseinsteiger|berufseinsteigerin|einsteiger|debutant|recien graduado|azubi|"
	"auszubildende|auszubildender|ausbildung|apprentice|apprenticeship|early career|"
	"early careers|campus|nyexaminerad|neolaureato|starter|jeune diplome|bdr|sdr|"
	"sales development representative|business development representative|"
	"partner development representative",
    [ASSOCIATE] = "associate|associates",
    [NO_ASSOCIATE] = "associate professor|sales associate",
    /* Words that mean a type in a title too, where "contract manager" is none.  "Vollzeit /
     * Teilzeit": who wants either finds it. */
    [TYPE_FULL] = "vollzeit|full time",
    [TYPES] = "intern|interns|internship|praktikum|praktikant|praktikantin|werkstudent|"
	      "werkstudentin|working student|stagiaire|stagiair|becario|tirocinio|estagio",
    [TYPES + 1] = "ausbildung|azubi|auszubildende|auszubildender|apprentice|apprenticeship|"
		  "alternance|duales studium",
    [TYPES + 2] = "volunteer",
    [TYPES + 3] = "per diem|prn",
    [TYPES + 4] = "freelance|freelancer|contractor|month contract",
    [TYPES + 5] = "temporary|fixed term|seasonal|temp|befristet|maternity cover|vikariat",
    [TYPES + 6] = "part time|teilzeit|temps partiel|deeltijd|minijob|deltid",
    [TYPES + 7] = "fulltime|heltid|temps plein",
    [HYBRID] = "hybrid|hybride",
    [HYBRID_CLOUD] = "hybrid cloud",
    [NO_REMOTE] = "remote sensing|remote support|non remote|not remote",
    [REMOTE] = "remote|work from home|homeoffice|home office|teletravail",
    [ONSITE] = "onsite|on site",
};
static const jp_employment types[] = {JP_EMPLOYMENT_INTERNSHIP, JP_EMPLOYMENT_APPRENTICESHIP,
    JP_EMPLOYMENT_VOLUNTEER, JP_EMPLOYMENT_PER_DIEM, JP_EMPLOYMENT_CONTRACT,
    JP_EMPLOYMENT_TEMPORARY, JP_EMPLOYMENT_PART_TIME, JP_EMPLOYMENT_FULL_TIME};

static const jp_phrases *
phrases(void)
{
	static const jp_phrases *once;

	return jp_phrases_of_lists(&once, lists, N_LISTS);
}

/* A title's tokens and the lists of which it has a phrase. */
struct said {
	const char *title;
	const jp_tokens *tokens;
	guint64 lists;
};

static gboolean
has(const struct said *s, guint list)
{
	return (s->lists >> list & 1) != 0;
}

/* ---- level ---------------------------------------------------------------------------- */

/* The first upper-case roman numeral behind the first word, or a digit at the end: "Accountant I /
 * II" begins at entry. */
static jp_level
numbered_level(const struct said *s)
{
	static const struct {
		const char *numeral;
		jp_level level;
	} numerals[] = {{"I", JP_LEVEL_ENTRY}, {"II", JP_LEVEL_MID}, {"III", JP_LEVEL_SENIOR},
	    {"IV", JP_LEVEL_SENIOR}, {"V", JP_LEVEL_SENIOR}, {"1", JP_LEVEL_ENTRY},
	    {"2", JP_LEVEL_MID}, {"3", JP_LEVEL_SENIOR}, {"4", JP_LEVEL_SENIOR}};
	const jp_tokens *t = s->tokens;

	for (guint i = 1; i < t->n; i++) {
		const jp_token *token = &t->items[i];
		const char *written = s->title + token->start;
		gboolean is_last = i + 1 == t->n;

		if (token->len > 3 || written[-1] == '&' || (g_ascii_isdigit(*written) && !is_last))
			continue;
		for (guint k = 0; k < G_N_ELEMENTS(numerals); k++)
			if (strlen(numerals[k].numeral) == token->len &&
			    strncmp(written, numerals[k].numeral, token->len) == 0)
				return numerals[k].level;
	}
	return JP_LEVEL_UNKNOWN;
}

static gboolean
is_people_manager(const struct said *s)
{
	const char *first = s->tokens->n ? jp_tokens_at(s->tokens, 0) : "";

	if (!has(s, PEOPLE) || has(s, NO_PEOPLE))
		return FALSE;
	/* "Senior Sales Operations Manager" is senior, "Senior Manager, Sales" leads people. */
	if ((strcmp(first, "senior") == 0 || strcmp(first, "sr") == 0) && !has(s, SENIOR_MANAGER))
		return FALSE;
	return !has(s, THINGS) || has(s, GENERAL);
}

static jp_level
level_of(const struct said *s)
{
	jp_level numbered;

	if (has(s, INTERN) && !has(s, STUDENT_LIFE))
		return JP_LEVEL_INTERN;
	if (has(s, EXECUTIVE) && !has(s, SERVES))
		return JP_LEVEL_EXECUTIVE;
	if (has(s, DIRECTOR) && !has(s, NO_DIRECTOR))
		return JP_LEVEL_DIRECTOR;
	if (has(s, BEGINNER))
		return JP_LEVEL_ENTRY;
	if (is_people_manager(s))
		return JP_LEVEL_MANAGER;
	if (has(s, LEAD) && !has(s, NO_LEAD))
		return JP_LEVEL_LEAD;
	if (has(s, SENIOR))
		return JP_LEVEL_SENIOR;
	numbered = numbered_level(s);
	if (numbered != JP_LEVEL_UNKNOWN)
		return numbered;
	if (has(s, MIDDLE) && !has(s, MID_MARKET))
		return JP_LEVEL_MID;
	if (has(s, ENTRY) || (has(s, ASSOCIATE) && !has(s, NO_ASSOCIATE)))
		return JP_LEVEL_ENTRY;
	return has(s, THINGS) ? JP_LEVEL_MID : JP_LEVEL_UNKNOWN;
}

/* ---- type and work model -------------------------------------------------------------- */

static jp_employment
employment_of(const struct said *s)
{
	if (has(s, TYPE_FULL))
		return JP_EMPLOYMENT_FULL_TIME;
	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		if (has(s, TYPES + i))
			return types[i];
	return JP_EMPLOYMENT_UNKNOWN;
}

static jp_remote
remote_of(const struct said *s)
{
	if (has(s, HYBRID))
		return has(s, HYBRID_CLOUD) ? JP_REMOTE_UNKNOWN : JP_REMOTE_HYBRID;
	if (has(s, NO_REMOTE))
		return JP_REMOTE_UNKNOWN;
	if (has(s, REMOTE))
		return JP_REMOTE_REMOTE;
	return has(s, ONSITE) ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

void
jp_title_read(const char *title, const jp_tokens *tokens, jp_title *out)
{
	const struct said s = {title, tokens, jp_phrases_lists(phrases(), tokens)};

	out->level = level_of(&s);
	out->employment = employment_of(&s);
	out->remote = remote_of(&s);
}

jp_level
jp_level_read(const char *title)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	jp_title said;

	if (!title)
		return JP_LEVEL_UNKNOWN;
	jp_tokens_parse(&t, title, -1);
	jp_title_read(title, &t, &said);
	return said.level;
}

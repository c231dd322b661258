"""Function words of both languages that limit a noun phrase or replace one. These are closed classes, so lists."""


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that may be between a subject and its verb.
SKIPPED = words_in(
    "has have had also then later earlier recently even once again still just now never not will would could should "
    "may might did do does can to n't 've 'd ’ve ’d se le les lo nos ha han había habían he hoy ayer además también "
    "asimismo luego ya aún así sin embargo va van only repeatedly often always"
)
#: Words that end a noun phrase, because another clause begins.
WALLS = words_in(
    "that que and y e but pero because porque when cuando while mientras if si as como after before since although "
    "though or o whether where donde which said say says"
)
ARTICLES = words_in("the a an el la los las un una")
DETERMINERS = words_in(
    "the a an this that these those his her its their our my some many several most el la los las un una unos unas "
    "este esta estos estas ese esa su sus algunos algunas varios varias muchos muchas dicho dicha ambos ambas"
)
DEFINITE = words_in("the el la los las this that este esta ese dicho dicha del al")
PERSONAL = words_in("he she they él ella ellos ellas usted ustedes")
PRONOUNS = words_in("he she they it we i you who which quien quienes él ella ellos ellas yo nosotros usted")
AND = words_in("y e and")
#: Words that open a condition.
CONDITIONS = words_in("if si unless")
OWNERS = frozenset({"his", "her", "their", "its", "my", "our", "your", "su", "sus", "mi", "nuestra", "nuestro"})
#: Words next to a verb that are never a person.
NOBODY = frozenset({"le", "les", "se", "lo", "según", "ya", "así"})

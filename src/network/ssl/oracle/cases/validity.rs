use crate::network::ssl::oracle::case::{Cases, good, other_root, root};
use crate::network::ssl::oracle::certificate::{GENERALIZED_TIME, UTC_TIME, ca};
use crate::network::ssl::oracle::der;

pub(super) fn add(c: &mut Cases) {
    c.topic("dates");
    c.leaf("leaf expired", good().expired());
    c.leaf("leaf not yet valid", good().not_yet_valid());
    c.below("intermediate expired", good(), ca("Int").expired());
    c.below("intermediate not yet valid", good(), ca("Int").not_yet_valid());
    c.below("both expired", good().expired(), ca("Int").expired());
    c.below("leaf expired, intermediate not yet valid", good().expired(), ca("Int").not_yet_valid());
    let expired = ca("Root").expired().self_signed();
    c.server("root expired", [good().by(&expired)], [expired.clone()]);
    c.server("root expired, and sent", [good().by(&expired), expired.clone()], [expired.clone()]);
    c.server("root expired, and renewed", [good().by(&root())], [expired.clone(), root()]);
    c.server("root renewed, then the expired one", [good().by(&root())], [root(), expired.clone()]);
    c.server("root expired and sent, renewed trusted", [good().by(&root()), expired], [root()]);
    let early = ca("Root").not_yet_valid().self_signed();
    c.server("root not yet valid", [good().by(&early)], [early.clone()]);
    c.server("root not yet valid, then the valid one", [good().by(&root())], [early.clone(), root()]);
    c.server("root valid, then the one not yet valid", [good().by(&root())], [root(), early]);
    let (old, new) = (ca("Int").expired().by(&root()), ca("Int").by(&root()));
    c.server("intermediate expired, then renewed", [good().by(&new), old.clone(), new.clone()], [root()]);
    c.server("intermediate renewed, then expired", [good().by(&new), new.clone(), old.clone()], [root()]);
    c.server(
        "intermediate expired is trusted, renewed is sent",
        [good().by(&new), new.clone()],
        [old, root()],
    );
    let early = ca("Int").not_yet_valid().by(&root());
    c.server("intermediate not yet valid, then valid", [good().by(&new), early, new], [root()]);
    let expired = good().expired().self_signed();
    c.server("self-signed and expired", [expired.clone()], [root()]);
    c.server("self-signed, expired and trusted", [expired.clone()], [expired]);
    let early = good().not_yet_valid().self_signed();
    c.server("self-signed, not yet valid and trusted", [early.clone()], [early]);
    c.server("expired below an unknown root", [good().expired().by(&other_root()), other_root()], [root()]);
    limits(c);
    forms(c);
}

fn limits(c: &mut Cases) {
    // The cases are judged at 2026-06-15 12:00:00.
    let times = [
        ("a second ago", "260615115959Z"),
        ("this second", "260615120000Z"),
        ("in a second", "260615120001Z"),
    ];
    for (name, text) in times {
        let case = good().valid("200101000000Z", text).by(&root());
        c.server(&format!("expires {name}"), [case], [root()]).is_for_qt = false;
        let case = good().valid(text, "491231235959Z").by(&root());
        c.server(&format!("begins {name}"), [case], [root()]).is_for_qt = false;
    }
}

fn forms(c: &mut Cases) {
    c.topic("form of dates");
    let begins =
        |tag, text: &str| good().raw_times(der::value(tag, text), der::value(UTC_TIME, "491231235959Z"));
    let ends =
        |tag, text: &str| good().raw_times(der::value(UTC_TIME, "200101000000Z"), der::value(tag, text));
    c.leaf("GeneralizedTime before 2050", begins(GENERALIZED_TIME, "20200101000000Z"));
    c.leaf("GeneralizedTime after 2049", ends(GENERALIZED_TIME, "20510101000000Z"));
    c.leaf("no end: 9999", ends(GENERALIZED_TIME, "99991231235959Z"));
    c.leaf("UTCTime of 1950", begins(UTC_TIME, "500101000000Z"));
    c.leaf("ends in 1950", ends(UTC_TIME, "500101000000Z"));
    c.leaf("GeneralizedTime of 1900", begins(GENERALIZED_TIME, "19000101000000Z"));
    c.leaf("year 0", begins(GENERALIZED_TIME, "00000101000000Z"));
    c.leaf("ends before it begins", good().valid("491231235959Z", "200101000000Z"));
    c.leaf("without seconds", begins(UTC_TIME, "2001010000Z"));
    c.leaf("without Z", begins(UTC_TIME, "200101000000"));
    c.leaf("with an offset", begins(UTC_TIME, "200101000000+0100"));
    c.leaf("end with an offset", ends(UTC_TIME, "490101000000+0100"));
    c.leaf("with a fraction", begins(GENERALIZED_TIME, "20200101000000.5Z"));
    c.leaf("month 13", begins(UTC_TIME, "201301000000Z"));
    c.leaf("30 February", begins(UTC_TIME, "200230000000Z"));
    c.leaf("29 February of no leap year", begins(UTC_TIME, "210229000000Z"));
    c.leaf("29 February of a leap year", begins(UTC_TIME, "200229000000Z"));
    c.leaf("24 o'clock", begins(UTC_TIME, "200101240000Z"));
    c.leaf("a leap second", begins(UTC_TIME, "161231235960Z"));
    c.leaf("letters", begins(UTC_TIME, "2001010000xxZ"));
    c.leaf("nothing", begins(UTC_TIME, ""));
    c.leaf("end is letters", ends(UTC_TIME, "4901010000xxZ"));
    c.leaf("a number", begins(der::INTEGER, "1"));
    c.leaf("GeneralizedTime's year in UTCTime", begins(UTC_TIME, "20200101000000Z"));
}

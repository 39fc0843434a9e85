use crate::network::ssl::oracle::case::{Cases, good, root};
use crate::network::ssl::oracle::certificate::{Recipe, ca};
use crate::network::ssl::oracle::der;
use crate::network::ssl::oracle::extension::*;

const A: &str = "1.3.6.1.4.1.55555.10.1";
const B: &str = "1.3.6.1.4.1.55555.10.2";

/// OpenSSL looks at policies only on request: Qt does not ask for it.
pub(super) fn add(c: &mut Cases) {
    c.topic("policies");
    let leaves = [
        ("one", good().with(policies(&[A]))),
        ("one, critical", good().with(policies(&[A]).critical())),
        ("any", good().with(policies(&[ANY_POLICY]))),
        ("any, critical", good().with(policies(&[ANY_POLICY]).critical())),
        ("none named", good().with(policies(&[]))),
        ("twice the same", good().with(policies(&[A, A]))),
        ("broken", good().with(extension(POLICIES, [0x30, 9, 1]))),
        ("broken, critical", good().with(extension(POLICIES, [0x30, 9, 1]).critical())),
        ("with a qualifier, critical", good().with(with_qualifier())),
        ("mappings in the leaf", good().with(policy_mappings(&[(A, B)]))),
        ("constraints in the leaf", good().with(policy_constraints(Some(0), None))),
        ("inhibitAnyPolicy in the leaf", good().with(inhibit_any_policy(0))),
    ];
    for (name, leaf) in leaves {
        c.leaf(name, leaf);
    }
    let pairs = [
        (
            "critical in both",
            good().with(policies(&[A]).critical()),
            ca("Int").with(policies(&[A]).critical()),
        ),
        (
            "critical, others in the intermediate",
            good().with(policies(&[A]).critical()),
            ca("Int").with(policies(&[B]).critical()),
        ),
        ("only in the intermediate, critical", good(), ca("Int").with(policies(&[A]).critical())),
        ("required, and there", good().with(policies(&[A])), required(0).with(policies(&[A]))),
        ("required, and not there", good(), required(0)),
        ("required, others there", good().with(policies(&[B])), required(0).with(policies(&[A]))),
        ("required later", good(), required(5)),
        ("required, not critical", good(), ca("Int").with(policy_constraints(Some(0), None).not_critical())),
        ("required, any", good().with(policies(&[ANY_POLICY])), required(0).with(policies(&[ANY_POLICY]))),
        ("any inhibited", good().with(policies(&[ANY_POLICY])), inhibited(0).with(policies(&[ANY_POLICY]))),
        ("any inhibited, another named", good().with(policies(&[A])), inhibited(0).with(policies(&[A]))),
        ("any inhibited, nothing named", good(), inhibited(0)),
        ("any inhibited later", good(), inhibited(3)),
        (
            "required, and any inhibited",
            good().with(policies(&[ANY_POLICY])),
            required(0).with(policies(&[ANY_POLICY])).with(inhibit_any_policy(0)),
        ),
        (
            "mapped",
            good().with(policies(&[B])),
            ca("Int").with(policies(&[A])).with(policy_mappings(&[(A, B)])),
        ),
        (
            "mapped, and required",
            good().with(policies(&[B])),
            required(0).with(policies(&[A])).with(policy_mappings(&[(A, B)])),
        ),
        ("mapped, not critical", good(), ca("Int").with(policy_mappings(&[(A, B)]).not_critical())),
        ("any mapped", good(), ca("Int").with(policy_mappings(&[(ANY_POLICY, B)]))),
        ("mapping inhibited", good(), ca("Int").with(policy_constraints(None, Some(0)))),
        (
            "mapping inhibited, and mapped",
            good().with(policies(&[B])),
            ca("Int")
                .with(policies(&[A]))
                .with(policy_constraints(Some(0), Some(0)))
                .with(policy_mappings(&[(A, B)])),
        ),
        ("constraints of nothing", good(), ca("Int").with(policy_constraints(None, None))),
        ("constraints broken", good(), ca("Int").with(extension("2.5.29.36", [0x30, 9, 1]).critical())),
        ("constraints broken, not critical", good(), ca("Int").with(extension("2.5.29.36", [0x30, 9, 1]))),
        ("inhibitAnyPolicy broken", good(), ca("Int").with(extension("2.5.29.54", [2, 9, 1]).critical())),
        ("inhibitAnyPolicy negative", good(), ca("Int").with(inhibit_any_policy(-1))),
        ("mappings broken", good(), ca("Int").with(extension("2.5.29.33", [0x30, 9, 1]).critical())),
    ];
    for (name, leaf, intermediate) in pairs {
        c.below(name, leaf, intermediate);
    }
    for (name, extension) in [
        ("of the root: required", policy_constraints(Some(0), None)),
        ("of the root: critical", policies(&[A]).critical()),
        ("of the root: any inhibited", inhibit_any_policy(0)),
    ] {
        let own = ca("Root").with(extension).self_signed();
        let sub = ca("Int").by(&own);
        c.server(name, [good().by(&sub), sub], [own]);
    }
    let own = required(1).by(&root());
    let sub = ca("Sub").by(&own);
    c.server("required from the leaf on", [good().by(&sub), sub, own], [root()]);
}

fn required(after: u8) -> Recipe {
    ca("Int").with(policy_constraints(Some(after), None))
}

fn inhibited(after: i64) -> Recipe {
    ca("Int").with(inhibit_any_policy(after))
}

/// A notice to the user.
fn with_qualifier() -> Extension {
    let notice = der::sequence([der::value(crate::network::ssl::oracle::name::UTF8, "read this")]);
    let qualifier = der::sequence([der::oid("1.3.6.1.5.5.7.2.2"), notice]);
    let policy = der::sequence([der::oid(A), der::sequence([qualifier])]);
    extension(POLICIES, der::sequence([policy])).critical()
}

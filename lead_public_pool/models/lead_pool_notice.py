from markupsafe import Markup

from odoo import models
from odoo.tools import SQL
from odoo.tools.mail import generate_tracking_message_id

# Up to so many records at once, the new owner gets Odoo's message for each; above, one for all.
NOTIFY_EACH = 5
# A message lists so many records by name.
NAMED = 20


class LeadPoolNotice(models.AbstractModel):
    """Who follows a record after a move, who is told, and what its chatter says."""

    _name = "lead.pool.notice"
    _description = "Pool Notices"

    def _pool_tell(self, kind, user, former, reason=None, note=None):
        """Followers, messages and log of a move, for all records at once.

        :param str kind: kind of move
        :param user: owner after the move, empty if none
        :param dict former: these records by the owner they had before
        """
        if not self:
            return
        if left := {owner: records for owner, records in former.items() if owner - user}:
            self._pool_unfollow(left)
            self._pool_warning_activities().unlink()
        if user:
            self._pool_follow(user)
            if kind in ("assign", "handover") and user != self.env.user:
                self._pool_notify_owner(user)
        if kind in ("claim", "assign", "handover", "release", "owner_left"):
            self._pool_log(kind, user, former, reason, note)

    def _pool_follow(self, user):
        """The new owner follows these records, as `_message_subscribe` would have it.

        One statement for all: the ORM takes three, and a row of its own for each subtype.
        """
        default, _internal, _external = (
            self.env["mail.message.subtype"].sudo().default_subtypes(self._name)
        )
        self.env["mail.followers"].flush_model(["res_model", "res_id", "partner_id"])
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS (
                    INSERT INTO mail_followers (res_model, res_id, partner_id)
                    SELECT %s, id, %s FROM unnest(%s) AS id
                        ON CONFLICT DO NOTHING
                    RETURNING id
                )
                INSERT INTO mail_followers_mail_message_subtype_rel
                       (mail_followers_id, mail_message_subtype_id)
                SELECT fresh.id, subtype FROM fresh, unnest(%s) AS subtype
                """,
                self._name,
                user.partner_id.id,
                self.ids,
                default.ids,
            )
        )
        self.invalidate_recordset(
            ["message_follower_ids", "message_partner_ids", "message_is_follower"], flush=False
        )

    def _pool_unfollow(self, former):
        """Former owners stop receiving messages, where the pool says so.

        All at once: `message_unsubscribe` works owner by owner, and empties the cache each time.

        :param dict former: records by the owner they had before
        """
        owners = self.env["res.users"].union(*former)
        partner_ids = {owner.id: owner.partner_id.id for owner in owners}
        leaving = {
            record.id: partner_ids[owner.id]
            for owner, records in former.items()
            for record in records
            if record.pool_id.follower_policy != "none"
        }
        followers = (
            self.env["mail.followers"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", list(leaving)),
                    ("partner_id", "in", list(partner_ids.values())),
                ],
                ["res_model", "res_id", "partner_id"],
            )
        )
        followers.filtered(lambda one: leaving[one.res_id] == one.partner_id.id).unlink()

    def _pool_notify_owner(self, user):
        """Tell a user that he received records: one message each, or one for many."""
        if len(self) <= NOTIFY_EACH:
            self._message_auto_subscribe_notify(user.partner_id.ids, "mail.message_user_assigned")
            return
        env = self.with_context(lang=user.lang).env
        names = Markup("").join(
            Markup("<li>%s</li>") % record.display_name for record in self[:NOTIFY_EACH]
        )
        more = len(self) - NOTIFY_EACH
        rest = Markup("<p>%s</p>") % env._("… and %s more.", more)
        self.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("%s records have been assigned to you", len(self)),
            body=Markup("<ul>%s</ul>%s") % (names, rest),
        )

    def _pool_tell_owner_left(self, owner, pool, why):
        """Tell who lost these records, and the managers of their pool, why they went back.

        :param owner: who held them (`res.users`)
        :param pool: their pool (`lead.pool`)
        :param why: function that says the reason in a language
        """
        managers = pool.member_ids.filtered(lambda member: member.role == "manager").user_id
        for reader in (managers | owner).filtered("active") if self else ():
            env = self.with_context(lang=reader.lang, tz=reader.tz).env
            # Names as the reader sees them: the records may lie in a sealed pool now.
            seen = self.with_env(env).with_user(reader).sudo()
            names = Markup("").join(
                Markup("<li>%s</li>") % record.display_name for record in seen[:NAMED]
            )
            if len(self) > NAMED:
                names += Markup("<li>%s</li>") % env._("… and %s more.", len(self) - NAMED)
            self.env["mail.thread"].message_notify(
                partner_ids=reader.partner_id.ids,
                subject=env._(
                    "%(count)s records of %(user)s are back in the pool %(pool)s",
                    count=len(self),
                    user=owner.name,
                    pool=pool.name,
                ),
                body=Markup("<p>%s</p><ul>%s</ul>") % (why(reader.lang), names),
            )

    def _pool_log(self, kind, user, former, reason, note):
        """One line in the chatter of each record, for those who read on there."""
        texts = {
            "claim": lambda owner: self.env._("Claimed from the pool."),
            "assign": lambda owner: self.env._("Assigned to %s.", user.name),
            "handover": lambda owner: self.env._("Handed over to %s.", user.name),
            "release": lambda owner: self.env._("Given back to the pool by %s.", owner.name),
            "owner_left": lambda owner: self.env._("Back in the pool: %s has left.", owner.name),
        }
        why = ": ".join(part for part in (reason and reason.name, note) if part)
        bodies = {
            record.id: " ".join(part for part in (texts[kind](owner), why) if part)
            for owner, records in former.items()
            for record in records
        }
        self._pool_insert_log(bodies)

    def _pool_insert_log(self, bodies):
        """Add a note to the chatter of each record, as `_message_log_batch` would write it.

        One statement, since the ORM parses each text as HTML and asks for attachments.

        :param dict bodies: plain text by record id
        """
        thread, author = self.env["mail.thread"], self.env.user.partner_id
        # What addresses are made of, and not all of the contact and the company.
        author.sudo().fetch(["name", "email"])
        self.env.company.sudo().fetch(["name", "alias_domain_id"])
        email = author.sudo().email_formatted
        texts = [str(Markup("<p>%s</p>") % bodies[record_id]) for record_id in self.ids]
        now = self.env.cr.now()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_message (
                    model, res_id, body, author_id, email_from, reply_to, message_id, message_type,
                    subtype_id, is_internal, email_add_signature, date,
                    create_uid, create_date, write_uid, write_date)
                SELECT %s, note.res_id, note.body, %s, %s, %s, %s, 'notification',
                       %s, TRUE, FALSE, %s, %s, %s, %s, %s
                  FROM unnest(%s, %s) AS note (res_id, body)
                """,
                self._name,
                author.id,
                email,
                thread._notify_get_reply_to(default=email, author_id=author.id)[False],
                generate_tracking_message_id("message-notify"),
                self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
                now,
                self.env.uid,
                now,
                self.env.uid,
                now,
                self.ids,
                texts,
            )
        )
        self.invalidate_recordset(["message_ids"], flush=False)

"""The life of one ticket, from its creation forward: each step is drawn from what has happened so far."""

from __future__ import annotations

from math import exp, log

from boilover.synthetic import phrases
from boilover.synthetic.hazard import STEP, log_hazard
from boilover.synthetic.ticket import Ticket
from boilover.synthetic.world import GROUPS, HIGHER, PRIORITIES, Agent

MAX_STEPS = 80
AUTO_CLOSE = 30.0
MERGED_SHARE = 0.012
PRIORITY_PACE = {"low": 1.5, "normal": 1.0, "high": 0.6, "urgent": 0.35}
GROUP = {group.name: group for group in GROUPS}
NEVER = float("inf")


class Life(Ticket):
    """Lets customer and desk act on a ticket, whoever comes first, until it ends or the log does."""

    def run(self) -> None:
        """Live from creation to the end of the ticket or of the log."""
        self._create()
        if self.random.random() < MERGED_SHARE and self.request.related is not None:
            self._merge()
        for _ in range(MAX_STEPS):
            if self.ended or self.now > self.desk.end:
                return
            self._step()

    def _create(self) -> None:
        customer, phone = self.request.customer, self.request.customer.channel == "phone"
        clerk = self.on_duty("tier1") if phone else None
        by, role = (clerk.id, "agent") if clerk else (customer.id, "customer")
        self.emit("created", by=by, role=role)
        self.set_status("new")
        self.emit("group_changed", self.group)
        self.set_priority(self._first_priority(), by=None)
        self.anger = max(
            0.0, 0.6 + 0.55 * customer.temper + 0.3 * self.category.hazard + 0.4 * self.random.gauss(0, 1)
        )
        text = self.voice.opening(customer, self.category.name, self.product, self.anger)
        self.message(by, role, f"Call notes: {text}" if phone else text, public=not phone)
        if not phone:
            self.wait()
            self.message(
                "bot", "bot", phrases.ACKNOWLEDGEMENT.replace("{ticket}", f"T{self.request.ticket:06d}")
            )

    def _first_priority(self) -> str:
        draw = self.random.random()
        for name, chance in zip(PRIORITIES, self.category.priorities, strict=True):
            draw -= chance
            if draw < 0:
                return name
        return "normal"

    def _merge(self) -> None:
        self.wait(0.5 + self.random.expovariate(1.0))
        clerk = self.on_duty(self.group)
        self.emit("merged", f"T{self.request.related:06d}", by=clerk.id, role="agent")
        self.set_status("closed")
        self.ended = True

    def _step(self) -> None:
        agent_at = self.now + self._agent_gap()
        customer_at = self.now + self._customer_gap()
        until = min(agent_at, customer_at)
        if not self.escalated and self._boils_over(until):
            self._escalate()
        elif customer_at <= agent_at:
            self.now = until
            self._customer_acts()
        else:
            self.now = until
            self._agent_acts()

    def _agent_gap(self) -> float:
        if self.status == "pending":
            return 45.0 + self.random.expovariate(1 / 15.0)
        if self.status == "solved":
            return AUTO_CLOSE
        gap = GROUP[self.group].gap * PRIORITY_PACE[self.priority] * self.desk.load(self.group, self.now)
        if self.status == "on_hold":
            gap *= 5.0
        if self.escalated:
            gap *= 0.5
        return gap * exp(0.9 * self.random.gauss(0, 1))

    def _customer_gap(self) -> float:
        temper = self.request.customer.temper
        if self.status == "pending":
            return 4.0 * exp(1.1 * self.random.gauss(0, 1))
        if self.status == "solved":
            return 6.0 * exp(1.2 * self.random.gauss(0, 1)) if self.random.random() < 0.6 else NEVER
        return self.random.expovariate(1.0) * 22.0 * exp(-0.45 * temper - 0.2 * self.anger)

    def _boils_over(self, until: float) -> bool:
        """Use up patience up to ``until``; move to the moment at which it runs out, if it does."""
        at = self.now
        while at < until:
            hours = min(STEP, until - at)
            waiting = 0.0 if self.waiting_since is None else at + hours / 2 - self.waiting_since
            rate = log_hazard(
                self.standing,
                waiting=waiting,
                hops=self.hops,
                reopens=self.reopens,
                anger=self.anger,
                overdue=(at - self.request.created) * self.desk.wall_per_working / self.due,
                priority=self.priority,
                status=self.status,
                group=self.group,
            )
            used = exp(rate) * hours
            if used >= self.patience_left:
                self.now = at + hours * self.patience_left / used
                return True
            self.patience_left -= used
            at += hours
        return False

    def _escalate(self) -> None:
        self.escalated = True
        draw = self.random.random()
        lead = self.on_duty(HIGHER[self.group])
        kind = "functional" if draw < 0.45 else "hierarchical" if draw < 0.8 else "priority"
        self.emit("escalated", kind, by=lead.id, role="agent")
        self.wait()
        if kind == "functional":
            self.hand_on(HIGHER[self.group], by=lead)
        elif kind == "priority" and self.priority != "urgent":
            self.set_priority("urgent", by=lead)
        self.message(lead.id, "agent", self.voice.note(), public=False)

    def _agent_acts(self) -> None:
        if self.status == "solved":
            self.set_status("closed")
            self.ended = True
            return
        if self.status == "pending":
            self._solve(self.agent or self.on_duty(self.group))
            return
        agent = self.agent or self.take()
        draw = self.random.random()
        group = GROUP[self.group]
        if draw < group.hop:
            self.hand_on(group.onward[int(self.random.random() * len(group.onward))], by=agent)
        elif draw < group.hop + 0.05:
            self.assign(self.on_duty(self.group), by=agent)
        else:
            self._work_on(agent)

    def _work_on(self, agent: Agent) -> None:
        self.work -= self.random.random() < agent.skill
        if self.work <= 0 or self.random.random() < 0.03:
            self._solve(agent)
            return
        draw = self.random.random()
        if draw < 0.33:
            self.reply(agent, phrases.AGENT_ASKS)
            self.set_status("pending", by=agent)
        elif draw < 0.45:
            self.message(agent.id, "agent", self.voice.note(), public=False)
            self.set_status("on_hold", by=agent)
        elif draw < 0.7:
            self.message(agent.id, "agent", self.voice.note(), public=False)
            self.set_status("open", by=agent)
        else:
            self.reply(agent, phrases.AGENT_PROGRESS)
            self.set_status("open", by=agent)

    def _solve(self, agent: Agent) -> None:
        self.reply(agent, phrases.AGENT_SOLUTIONS)
        self.set_status("solved", by=agent)

    def _customer_acts(self) -> None:
        if self.status == "solved":
            self._judge()
            return
        customer = self.request.customer
        waited = 0.0 if self.waiting_since is None else self.now - self.waiting_since
        self.grow_angry(0.25 * log(1 + waited / 6.0) + 0.12 * self.hops)
        if self.status == "pending":
            text = self.voice.answer(customer, self.product, self.anger)
        else:
            days = waited * self.desk.wall_per_working / 24
            text = self.voice.nudge(customer, self.product, self.anger, days, self.hops)
        self.message(customer.id, "customer", text)
        if self.status == "pending":
            self.set_status("open")
        if self.waiting_since is None:
            self.waiting_since = self.now
        if self.anger > 2.2 and self.random.random() < 0.2:
            self._raise_priority()

    def _judge(self) -> None:
        """Let the customer accept a solution or reopen the ticket."""
        customer = self.request.customer
        unsolved = 0.75 if self.work > 0 else 0.13
        if self.random.random() < unsolved:
            self.reopens += 1
            self.work = max(self.work, 1 + int(self.random.expovariate(1.2)))
            self.grow_angry(0.7)
            self.message(customer.id, "customer", self.voice.reopening(customer, self.product, self.anger))
            self.set_status("open")
            self.waiting_since = self.now
            return
        if self.random.random() < 0.6:
            self.message(customer.id, "customer", self.voice.thanks(customer))
        if self.random.random() < 0.5:
            self.wait(0.5)
            score = (
                4.6 - 0.9 * self.anger - 0.3 * self.hops - 0.5 * self.reopens + 0.7 * self.random.gauss(0, 1)
            )
            self.emit("csat", number=min(4, max(0, round(score - 1))) / 4, by=customer.id, role="customer")
        self.wait(AUTO_CLOSE)
        self.set_status("closed")
        self.ended = True

    def _raise_priority(self) -> None:
        place = PRIORITIES.index(self.priority)
        if place < len(PRIORITIES) - 1:
            self.wait()
            self.set_priority(PRIORITIES[place + 1], by=self.agent or self.on_duty(self.group))

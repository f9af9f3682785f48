/** Who the visitor is, and what that person has to do. */
import { postsOf } from "@linli/core/directory";
import type { Actor } from "@linli/core/issue";
import type { ViewPage } from "@linli/core/services";
import type { IssueView } from "@linli/core/sight";
import * as Effect from "effect/Effect";
import { orProblem } from "../api/problems.ts";
import { newVisitor } from "../server/sessions.ts";
import { CAST, castMember } from "../stories/cast.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { type Html, html } from "./html.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

const PAGE_SIZE = 30;

/** `/role`: picks a person. */
export const rolePage: PageHandler = (context) =>
  Effect.succeed({
    title: context.t(TEXTS.pickRole),
    section: "other",
    body: html`<h1>${context.t(TEXTS.pickRole)}</h1>
      <p class="lead">${context.t(TEXTS.demo)}</p>
      ${roleForm(context)}`,
  });

/** Becomes somebody, under a fresh session. */
export const takeRole: PageHandler = ({ form }) => {
  const person = form.get("person") ?? "";
  const known = castMember(person) !== undefined;
  const resident = person.startsWith("resident.");
  return Effect.succeed({
    goTo: known && !resident ? "/desk" : "/",
    visitor: newVisitor(known ? person : null),
  });
};

/** `/desk`: worklists of every post the person holds, and what they reported. */
export const deskPage: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { t, town, visitor, world } = context;
  const { person } = visitor;
  if (person === null) {
    return {
      title: t(TEXTS.deskTitle),
      section: "desk",
      body: html`<h1>${t(TEXTS.deskTitle)}</h1>
        <p class="lead">${t(TEXTS.deskNobody)}</p>
        ${roleForm(context)}`,
    } satisfies PageAnswer;
  }
  const viewer: Actor = { person };
  const posts = postsOf(world.directory, person, town.now());
  const sections: Array<Html> = [];
  for (const post of posts) {
    const name = show.stand(context, post);
    for (const as of ["handler", "sponsor"] as const) {
      const page = yield* orProblem(
        town.linli.worklist(post, { viewer, as, limit: PAGE_SIZE, cursor: cursorOf(context, as) }),
      );
      const title = t(as === "handler" ? TEXTS.toHandle : TEXTS.toFollow);
      // Both lists may hold the same issue: what is mine to handle is not shown a second time.
      const listed =
        as === "handler" ? page.issues : page.issues.filter(({ handler }) => !same(handler, post));
      const issues = yield* withWords(context, viewer, listed);
      sections.push(
        listSection(context, { title: `${title} · ${name}`, id: as, page: { ...page, issues } }),
      );
    }
  }
  const mine = yield* orProblem(
    town.linli.reportedBy(person, {
      viewer,
      limit: PAGE_SIZE,
      order: "dueLast",
      cursor: cursorOf(context, "mine"),
    }),
  );
  if (posts.length === 0 || mine.issues.length > 0) {
    const issues = yield* withWords(context, viewer, mine.issues);
    const page = { ...mine, issues };
    sections.push(listSection(context, { title: t(TEXTS.reported), id: "mine", page }));
  }
  return {
    title: t(TEXTS.deskTitle),
    section: "desk",
    body: html`<h1>${t(TEXTS.deskTitle)}</h1>
      ${posts.length === 0 ? null : html`<p><a class="button" href="/record">${t(TEXTS.recordTitle)}</a></p>`}
      ${sections}`,
  } satisfies PageAnswer;
});

// A list names categories only; several of one kind are told apart by what was said.
const withWords = (context: PageContext, viewer: Actor, issues: ReadonlyArray<IssueView>) =>
  Effect.forEach(issues, ({ id }) => orProblem(context.town.linli.view(id, { viewer })));

const same = (
  a: { readonly post: string; readonly unit: string },
  b: { readonly post: string; readonly unit: string },
) => a.post === b.post && a.unit === b.unit;

const cursorOf = ({ query }: PageContext, list: string) => query.get(list);

const listSection = (
  context: PageContext,
  list: { readonly title: string; readonly id: string; readonly page: ViewPage },
): Html =>
  html`<section aria-labelledby="list-${list.id}" data-testid="list-${list.id}">
    <h2 id="list-${list.id}">${list.title}</h2>
    ${show.issueList(context, list.page.issues)}
    ${list.page.next === null ? null : html`<p><a href="/desk?${list.id}=${encodeURIComponent(list.page.next)}">${context.t(TEXTS.more)}</a></p>`}
  </section>`;

const roleForm = (context: PageContext): Html => {
  const { t, visitor } = context;
  return html`<form method="post" action="/role">
    ${context.token}
    <ul class="roles">
      ${CAST.map(
        ({ person, name }) =>
          html`<li>
            <button
              name="person"
              value="${person}"
              ${person === visitor.person ? html` aria-current="true"` : null}
            >
              ${t(name)}
            </button>
          </li>`,
      )}
      <li><button name="person" value="" class="quiet-button">${t(TEXTS.leave)}</button></li>
    </ul>
  </form>`;
};

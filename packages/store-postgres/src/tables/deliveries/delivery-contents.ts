/** Rendered messages of workspaces that keep them. */
export const deliveryContents = (s: string): string => `
  create table ${s}.delivery_contents (
    delivery_id bigint not null,
    attempt int not null,
    content json not null,
    primary key (delivery_id, attempt)
  )`

/** Who may enter: users, their tokens and sessions, and the first administrator. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "../client";
import { keys } from "../keys";
import type { Role } from "../roles";
import { NOT_KEPT, useArrive } from "./system";

export type User = Schemas["UserView"];
export type Token = Schemas["TokenView"];
export type NewToken = Schemas["NewToken"];
export type Session = Schemas["SessionView"];

export const usersQuery = () =>
  queryOptions({
    queryKey: keys.users(),
    queryFn: ({ signal }) => unwrap(api.GET("/users", { signal })),
  });

export const tokensQuery = (everybody: boolean) =>
  queryOptions({
    queryKey: keys.tokens.list(everybody),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/tokens", { params: { query: everybody ? { all: "1" } : {} }, signal })),
  });

export const sessionsQuery = () =>
  queryOptions({
    queryKey: keys.sessions(),
    queryFn: ({ signal }) => unwrap(api.GET("/me/sessions", { signal })),
  });

/** A change after which `key` is read again. */
function useChange<V, R>(key: readonly unknown[], change: (given: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    ...NOT_KEPT,
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}

export type FirstAdministrator = { name: string; password: string; code?: string };

export function useSetup() {
  const arrive = useArrive();
  return useMutation({
    ...NOT_KEPT,
    mutationFn: (body: FirstAdministrator) => unwrap(api.POST("/setup", { body })),
    onSuccess: arrive,
  });
}

export const useChangePassword = () =>
  useChange(keys.sessions(), (password: { old: string; new: string }) =>
    unwrap(api.PATCH("/me", { body: { password } })),
  );

export const useEndSession = () =>
  useChange(keys.sessions(), (key: string) =>
    unwrap(api.DELETE("/me/sessions/{key}", { params: { path: { key } } })),
  );

export type TokenOrder = {
  name: string;
  role: Role;
  project?: string;
  expires_at?: string;
};

export const useCreateToken = () =>
  useChange(keys.tokens.all(), (body: TokenOrder) => unwrap(api.POST("/tokens", { body })));

export const useRevokeToken = () =>
  useChange(keys.tokens.all(), (key: string) =>
    unwrap(api.DELETE("/tokens/{key}", { params: { path: { key } } })),
  );

export type UserOrder = {
  name: string;
  password?: string;
  roles: Record<string, Role>;
  enabled: boolean;
};

export const useCreateUser = () =>
  useChange(keys.users(), (body: UserOrder) => unwrap(api.POST("/users", { body })));

export const useUpdateUser = () =>
  useChange(keys.users(), ({ key, ...body }: Partial<UserOrder> & { key: string }) =>
    unwrap(api.PATCH("/users/{key}", { params: { path: { key } }, body })),
  );

export const useDeleteUser = () =>
  useChange(keys.users(), (key: string) =>
    unwrap(api.DELETE("/users/{key}", { params: { path: { key } } })),
  );

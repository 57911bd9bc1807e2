import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { type HttpHandler, nodeListener } from '../src/index.js'

/** How a host mounts the handler under `/drumbeat`, beside a page of its own. */
export const frameworks: Readonly<Record<string, (handle: HttpHandler) => RequestListener>> = {
  Express: (handle) => {
    const app = express()
    app.use('/drumbeat', nodeListener(handle))
    app.use(express.json())
    app.get('/own', (_, response) => void response.send('own'))
    return app
  },
  'Express behind express.raw()': (handle) => {
    const app = express()
    app.use(express.raw({ type: () => true }))
    app.use('/drumbeat', nodeListener(handle))
    app.get('/own', (_, response) => void response.send('own'))
    return app
  },
  Hono: (handle) => {
    const app = new Hono()
    app.all('/drumbeat/*', (context) => handle(context.req.raw))
    app.get('/own', (context) => context.text('own'))
    return nodeListener(async (request) => app.fetch(request))
  },
  'Hono by mount()': (handle) => {
    const app = new Hono()
    app.mount('/drumbeat', handle)
    app.get('/own', (context) => context.text('own'))
    return nodeListener(async (request) => app.fetch(request))
  },
  Fastify: (handle) => {
    const listener = nodeListener(handle)
    const app = fastify()
    app.get('/own', async () => 'own')
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/drumbeat/*', (request, reply) => {
        reply.hijack()
        void listener(request.raw, reply.raw)
      })
    })
    return async (request, response) => {
      await app.ready()
      app.routing(request, response)
    }
  },
  'Next, as the route handlers of app/drumbeat/[...path]/route.ts': (handle) => {
    type RouteHandler = (
      request: Request,
      context: { readonly params: Promise<{ readonly path: readonly string[] }> },
    ) => Promise<Response>
    const route: Readonly<Record<string, RouteHandler>> = {
      GET: handle,
      POST: handle,
      PATCH: handle,
      PUT: handle,
      DELETE: handle,
    }
    return nodeListener(async (request) => {
      const path = new URL(request.url).pathname.split('/').slice(1)
      if (path[0] === 'own') return new Response('own')
      const answer = route[request.method]
      if (answer === undefined) return new Response(null, { status: 405 })
      return answer(request, { params: Promise.resolve({ path: path.slice(1) }) })
    })
  },
  'node:http': (handle) => {
    const listener = nodeListener(handle)
    return (request, response) => {
      if (request.url === '/own') response.end('own')
      else void listener(request, response)
    }
  },
}

/** A host that has read the body of every request before it hands it over. */
export function behindBodyParsers(handle: HttpHandler): RequestListener {
  const app = express()
  app.use(express.json(), express.urlencoded({ extended: false }))
  app.use('/drumbeat', nodeListener(handle))
  return app
}

/** Listens on a free port of the loopback, until its end is called for. */
export async function serve(listener: RequestListener): Promise<{ readonly base: string; readonly end: () => void }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    end() {
      server.closeAllConnections()
      server.close()
    },
  }
}

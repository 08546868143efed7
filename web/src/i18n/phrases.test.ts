/** The server's sentences in Spanish: alone, within each other, one after the other. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sayFrom } from "./phrases";

const book = JSON.parse(readFileSync(new URL("./phrases/es.json", import.meta.url), "utf8"));
const say = sayFrom(book);

describe("the phrase book", () => {
  it.each([
    ["dispatch is paused", "el reparto está en pausa"],
    [
      "The job used more than its 64 MB of memory and was ended.",
      "El job usó más de sus 64 MB de memoria y se detuvo.",
    ],
    ["must be at most 128 bytes, not 300", "debe ser de 128 bytes como mucho, no de 300"],
    ["must be a whole number between 1 and 16", "debe ser un número entero entre 1 y 16"],
    [
      "must be one of shell, python, node; did you mean 'shell'?",
      "debe ser uno de shell, python, node; ¿querías decir 'shell'?",
    ],
    [
      "makes spec.resources.cpu wrong: must be a number between 0.01 and 16",
      "deja mal spec.resources.cpu: debe ser un número entre 0.01 y 16",
    ],
    [
      "provider docker is disabled; all 2 workers of provider local are busy; and 3 more",
      "el provider docker está deshabilitado; los 2 workers del provider local están ocupados; y 3 más",
    ],
    [
      "provider local runs no images; start the server with HODEI_DOCKER_ENABLED=1, create a provider of type docker, or leave the image empty",
      "el provider local no ejecuta imágenes; arranca el servidor con HODEI_DOCKER_ENABLED=1, crea un provider de tipo docker o deja la imagen vacía",
    ],
    [
      "provider docker is not healthy: the Docker Engine at unix:///run/x.sock does not answer: there is no such socket; is Docker installed and running?",
      "el provider docker tiene problemas: el Docker Engine en unix:///run/x.sock no responde: no existe ese socket; ¿está Docker instalado y en marcha?",
    ],
    [
      "waits 4 s before attempt 2. The process ended with exit code 3.",
      "espera 4 s antes del intento 2. El proceso terminó con el código de salida 3.",
    ],
    [
      "the job is RUNNING; only a waiting one has a priority",
      "el job está en ejecución; solo uno que espera tiene prioridad",
    ],
    [
      "The worker was lost while the job was running: nothing was heard from it for 30 s.",
      "El worker se perdió mientras el job se ejecutaba: no se supo nada de él en 30 s.",
    ],
  ])("says %j", (sentence, words) => {
    expect(say(sentence)).toBe(words);
  });

  it.each(["toomanyrequests: You have reached your pull rate limit.", "", "x", "no such host"])(
    "leaves %j, which is not the server's, as it is",
    (sentence) => {
      expect(say(sentence)).toBeUndefined();
    },
  );

  it("says what it knows beside what it does not", () => {
    expect(say("provider a is disabled; the cluster is on fire today")).toBe(
      "el provider a está deshabilitado; the cluster is on fire today",
    );
  });

  it("takes words in another order where the answer says which", () => {
    const other = sayFrom({ "{} of {} left": "quedan de {1}: {0}" });
    expect(other("two of seven left")).toBe("quedan de seven: two");
  });

  it("fills every place of every phrase once", () => {
    for (const [sentence, words] of Object.entries<string>(book)) {
      const places = sentence.split("{}").length - 1;
      expect([sentence, words.split("{}").length - 1]).toEqual([sentence, places]);
    }
  });

  it("is done with long and hostile text at once", () => {
    const text = "must be between 1 and ".repeat(90);
    const before = performance.now();
    say(text);
    say(`provider ${"a; ".repeat(600)}`);
    say("x".repeat(1_000_000));
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

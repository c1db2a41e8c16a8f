// What the API says in English, by its stable codes, in German.
export const reasonsDe: Readonly<Record<string, string>> = {
  unreadable:
    "Die Datei ist kein Video, das Fantail lesen kann, oder sie ist beschädigt. Prüfe, ob sie auf deinem Gerät läuft, und lade sie noch einmal hoch.",
  no_video_stream: "Die Datei hat keine Bildspur.",
  truncated: "Die Datei hört zu früh auf: ein Teil fehlt. Lade die vollständige Datei noch einmal hoch.",
  unsupported_codec: "Fantail kann das Format der Bilder nicht lesen. Wandle die Datei um, etwa in H.264.",
  damaged:
    "Die meisten Bilder eines Abschnitts der Datei sind beschädigt. Prüfe, ob sie auf deinem Gerät läuft, und lade sie noch einmal hoch.",
  picture_too_large:
    "Das Bild ist zu groß; die Grenze liegt bei 8192 Pixeln je Seite und 8192×4608 insgesamt.",
  too_long: "Das Video ist länger als erlaubt.",
  source_too_small: "Die Quelle ist kleiner; diese Größe wäre nur aufgeblasen.",
  no_audio_track: "Die Quelle hat keinen Ton.",
  unsupported_audio: "Fantail kann den Ton nicht lesen, deshalb läuft das Video ohne.",
  too_many_captions: "Die Spur enthält mehr Text als Untertitel haben.",
  unreadable_captions: "Die Spur ließ sich nicht als Untertitel lesen.",
  no_captions: "Die Spur enthält keinen Text.",
  source_gone: "Die hochgeladene Datei ist nicht mehr im Speicher.",
  decoder_crashed:
    "Das Lesen der Datei ist jedes Mal abgestürzt: sie ist beschädigt oder braucht mehr Speicher als erlaubt. Wandle sie um, etwa in MP4 mit H.264, und lade sie noch einmal hoch.",
  decoder_hung:
    "Das Lesen der Datei kommt nicht voran: sie ist beschädigt oder zu aufwendig. Wandle sie um, etwa in MP4 mit H.264, und lade sie noch einmal hoch.",
  encoders_differ:
    "Die Worker einer Flotte kodieren verschieden: ihre Images oder Prozessoren gleichen sich nicht. Gleiche sie an und versuche es noch einmal.",
  worker_died:
    "Die Verarbeitung brach mehrmals aus einem Grund auf unserer Seite ab, etwa zu wenig Speicher. Versuche es noch einmal.",
  waiting: "Es wartet, bis es an der Reihe ist, und geht von selbst weiter.",
  sent_again: "Die Arbeit daran ging auf unserer Seite verloren und wurde neu begonnen.",
  lost: "Die Arbeit daran ging auf unserer Seite mehrmals verloren. Versuche es noch einmal.",
  gave_up: "Die Verarbeitung ist aus einem Grund auf unserer Seite gescheitert. Versuche es noch einmal.",
  video_not_found: "Dieses Video gibt es nicht.",
  title_empty: "Der Titel ist leer.",
  title_too_long: "Der Titel ist länger als 200 Zeichen.",
  title_invalid: "Der Titel enthält Zeilenumbrüche oder andere Steuerzeichen.",
  filename_too_long: "Der Dateiname ist länger als 255 Zeichen.",
  empty_file: "Die Datei ist leer.",
  upload_not_found: "Diesen Upload gibt es nicht mehr.",
  upload_expired:
    "Der Upload wurde nicht rechtzeitig abgeschlossen, seine Teile sind weg. Beginne einen neuen.",
  upload_complete: "Der Upload ist schon abgeschlossen.",
  file_too_large: "Die Datei ist zu groß.",
  input_at_fault: "Die Datei selbst ist schuld: ein weiterer Versuch hilft nicht.",
  not_failed: "Hier ist nichts fehlgeschlagen.",
  not_signed_in: "Du bist nicht angemeldet.",
  not_an_operator: "Das dürfen nur Operatoren.",
};

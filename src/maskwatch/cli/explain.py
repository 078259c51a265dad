"""`maskwatch explain`: shows what the answer for a face rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import ClassifierName, DetectorName, Size, Threshold, input_files, settings_from


def explain(
    ctx: typer.Context,
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture with faces.")],
    face: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Only the Nth face, counted from 1 as the page numbers them. [default: all]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the maps there (.png or .jpg), one face below the other."),
    ] = None,
    threshold: Threshold = None,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
) -> None:
    """Show what the answer for each face rests on, as an occlusion map of the model file in use.

    A grey patch slides over the face; where it lowers the answer, the model had looked (Zeiler and Fergus,
    arXiv 1311.2901). One JSON object goes to stdout.
    """
    import json

    import numpy as np

    from maskwatch.atomic_file import protected
    from maskwatch.cli.messages import say
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.errors import ConfigError
    from maskwatch.explain import explain as run
    from maskwatch.explain import heat_picture, summary
    from maskwatch.factory import from_settings, model_info
    from maskwatch.image_files import save_image
    from maskwatch.progress import progress
    from maskwatch.sources.images import read_image

    if out is not None:
        if out.suffix.lower() not in (".png", ".jpg"):
            raise ConfigError(f"--out {out}: a map is written as .png or .jpg")
        refuse_inputs([out], [], [picture, detector, classifier, ctx.obj], any_kind=True)
    settings = settings_from(ctx, threshold, detector, classifier, size)
    engine = from_settings(settings)
    classifier_in_use = engine.classifier
    if classifier_in_use is None:
        raise ConfigError('without a classifier there is no answer to explain; leave out --classifier "none"')
    image = read_image(picture, settings.sources.max_megapixels)
    faces = engine.detect(image)
    if face is not None and face > len(faces):
        raise ConfigError(f"--face {face}: the number of faces found in {picture} is {len(faces)}")
    numbers = list(range(len(faces))) if face is None else [face - 1]
    file = model_info(classifier_in_use, "classifier").file
    name = settings.classify.classifier if file is None else file.name
    maps = [
        (number, run(image, faces.boxes[number], classifier_in_use))
        for number in progress(numbers, "explaining")
    ]
    record = {
        "source": str(picture),
        "method": "occlusion map (Zeiler and Fergus, arXiv 1311.2901)",
        "model": name,
        "faces": [
            {
                "face": number + 1,
                "box": [round(float(v), 1) for v in faces.boxes[number]],
                **summary(one),
            }
            for number, one in maps
        ],
    }
    print(json.dumps(record))
    for number, one in maps:
        say(f"face {number + 1}: {one.sentence}")
    if out is not None and maps:
        drawn = [heat_picture(one, f"Face {number + 1}", name) for number, one in maps]
        with protected([picture, *input_files(ctx, settings)]):
            save_image(out, np.vstack(drawn))
        say(f"map: {out}")
    if not maps:
        say(f"{picture}: no faces found, nothing to explain")

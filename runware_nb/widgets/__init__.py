"""What lives in a notebook while the kernel does: one file a widget, traits and validators only.

`widgets/NAME.py` is drawn by `js/src/widgets/NAME.ts`, which has the same traits. A widget takes data and
callables and knows no client. When its work is done, the door replaces it by a static bundle, since a reopened
notebook cannot show a widget whose kernel is gone.

Importing this package imports nothing; importing a widget imports anywidget.
"""
